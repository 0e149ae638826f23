import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collect } from 'narkit';
import { BinaryCache, narInfoKey } from 'narkit/cache';
import { none } from 'narkit/codec';
import { type Hash, hashBytes } from 'narkit/hash';
import { gitHash, readNar, writeNar } from 'narkit/nar';
import { type PathInfo, printNarInfo } from 'narkit/narinfo';
import { fetchPath, publish } from 'narkit/publish';
import { createSigner, generateSecretKey, type PublicKey } from 'narkit/signature';
import { HttpStore, MemoryStore } from 'narkit/store';
import { type ContentAddressMethod, makeContentAddressedPath } from 'narkit/store-path';
import { textObject } from '../support/infos.ts';

const signer = createSigner(generateSecretKey('fetch-1'));

async function file(text: string, executable = false): Promise<Uint8Array> {
  const body = new TextEncoder().encode(text);
  return await collect(writeNar([{ type: 'regular', path: '', executable, size: body.length, body }]));
}

/** A cache that serves `nar` as the path whose content address is `hash`; unsigned. */
async function serving(
  nar: Uint8Array,
  method: ContentAddressMethod,
  hash: Hash,
): Promise<{ cache: BinaryCache; info: PathInfo }> {
  const ca = { method, hash };
  const storePath = makeContentAddressedPath('thing', ca);
  const info: PathInfo = {
    storePath,
    narHash: hashBytes('sha256', nar),
    narSize: nar.length,
    references: [],
    signatures: [],
    ca,
  };
  const cache = new BinaryCache(new MemoryStore());
  await publish(cache, [info], { nar: () => nar, codec: none, allowUnsigned: true });
  return { cache, info };
}

const fetchAll = async (
  cache: BinaryCache,
  info: PathInfo,
  trustedKeys: PublicKey[] = [],
): Promise<Uint8Array> => await collect((await fetchPath(cache, info.storePath, { trustedKeys })).nar);

describe('fetchPath of an unsigned content-addressed path', async () => {
  const text = new TextEncoder().encode('honest');
  const honest = await file('honest');
  const methods: [ContentAddressMethod, Hash][] = [
    ['nar', hashBytes('sha256', honest)],
    ['nar', hashBytes('sha512', honest)],
    ['flat', hashBytes('sha1', text)],
    ['flat', hashBytes('sha256', text)],
    ['text', hashBytes('sha256', text)],
    ['git', await gitHash(readNar(honest))],
    ['git', await gitHash(readNar(honest), { algo: 'sha256' })],
  ];
  for (const [method, hash] of methods) {
    it(`${method} by ${hash.algo}: takes the content of the address, and nothing else`, async () => {
      const right = await serving(honest, method, hash);
      assert.deepEqual(await fetchAll(right.cache, right.info), honest);

      const link = await collect(writeNar([{ type: 'symlink', path: '', target: 'honest' }]));
      const directory = await collect(
        writeNar([
          { type: 'directory', path: '' },
          { type: 'regular', path: 'a', executable: false, size: text.length, body: text },
        ]),
      );
      for (const evil of [await file('evil!!'), await file('honest', true), link, directory]) {
        // The narinfo is consistent with the NAR, and the path with its address: only the content lies.
        const wrong = await serving(evil, method, hash);
        await assert.rejects(fetchAll(wrong.cache, wrong.info), { code: 'ERR_HASH_MISMATCH' });
      }
    });
  }

  it('does not need the check where a trusted key vouches', async () => {
    const { cache, info } = await serving(honest, 'git', hashBytes('sha1', honest));
    const writable = cache as BinaryCache<MemoryStore>;
    await publish(writable, [info], { nar: () => honest, codec: none, signers: [signer] });
    assert.deepEqual(await fetchAll(cache, info, [signer.publicKey]), honest);
  });
});

describe('NAR URLs that are more than a key', () => {
  it('carry their query to the server, and credentials to no other one', async () => {
    const { info, nar } = await textObject('a', 'A');
    const asked: string[] = [];
    const answer = async (request: Request): Promise<Response> => {
      const url = new URL(request.url);
      asked.push(`${url.host}${url.pathname}${url.search} ${request.headers.get('authorization')}`);
      if (url.pathname.endsWith('.narinfo')) return new Response(printNarInfo(narInfo));
      return new Response(nar as Uint8Array<ArrayBuffer>);
    };
    const store = new HttpStore('http://me:secret@cache.example.org/root', { fetch: answer });
    const cache = new BinaryCache(store);
    let narInfo = { ...info, url: 'nar/x.nar?hash=y', compression: 'none' };
    for (const url of ['nar/x.nar?hash=y', '/elsewhere/x.nar', 'http://other.example.org/x.nar']) {
      narInfo = { ...narInfo, url };
      const fetched = await fetchPath(cache, info.storePath, { trustedKeys: [], requireSigs: false });
      assert.deepEqual(await collect(fetched.nar), nar);
    }
    const authorization = `Basic ${btoa('me:secret')}`;
    assert.deepEqual(
      asked.filter((line) => !line.includes('.narinfo')),
      [
        `cache.example.org/root/nar/x.nar?hash=y ${authorization}`,
        `cache.example.org/elsewhere/x.nar ${authorization}`,
        'other.example.org/x.nar null',
      ],
    );
    narInfo = { ...narInfo, url: 'file:///etc/passwd' };
    await assert.rejects(cache.openNar(narInfo), { code: 'ERR_UNSUPPORTED' });
  });

  it('are refused by stores that have none', async () => {
    const { info } = await textObject('a', 'A');
    const cache = new BinaryCache(new MemoryStore());
    const text = printNarInfo({ ...info, url: 'nar/x.nar?hash=y', compression: 'none' });
    await cache.store.put(narInfoKey(info.storePath), new TextEncoder().encode(text));
    const narInfo = (await cache.narInfo(info.storePath)) ?? assert.fail();
    await assert.rejects(cache.openNar(narInfo), { code: 'ERR_UNSUPPORTED' });
  });
});

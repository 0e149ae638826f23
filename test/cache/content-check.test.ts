import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collect, toAsyncIterable } from 'narkit';
import { BinaryCache, contentCheck } from 'narkit/cache';
import { none } from 'narkit/codec';
import { type Hash, hashBytes } from 'narkit/hash';
import { writeNar } from 'narkit/nar';
import { isContentAddressed, type PathInfo } from 'narkit/narinfo';
import { fetchPath, publish } from 'narkit/publish';
import { MemoryStore } from 'narkit/store';
import { hashModulo, hashPart, makeContentAddressedPath } from 'narkit/store-path';

/** Any hash part serves to compute the hash modulo; then the real one takes its place. */
const SCRATCH = '0'.repeat(32);

async function file(text: string): Promise<Uint8Array> {
  const body = new TextEncoder().encode(text);
  return await collect(writeNar([{ type: 'regular', path: '', executable: false, size: body.length, body }]));
}

interface Self {
  readonly info: PathInfo;
  /** The NAR whose file is `text`, where `@` is the hash part. */
  readonly narOf: (text: string) => Promise<Uint8Array>;
}

/** A path whose content, `text`, names it; its address as Nix of the version with or without positions. */
async function selfReferential(text: string, positions: boolean): Promise<Self> {
  const hash: Hash = await hashModulo('sha256', await file(text.replaceAll('@', SCRATCH)), SCRATCH, {
    positions,
  });
  const ca = { method: 'nar', hash } as const;
  const storePath = makeContentAddressedPath('self', ca, { selfReference: true });
  const narOf = async (other: string): Promise<Uint8Array> =>
    await file(other.replaceAll('@', hashPart(storePath)));
  const nar = await narOf(text);
  const info = {
    storePath,
    narHash: hashBytes('sha256', nar),
    narSize: nar.length,
    references: [storePath],
    signatures: [],
    ca,
  };
  assert.ok(isContentAddressed(info));
  return { info, narOf };
}

async function fetched(info: PathInfo, nar: Uint8Array): Promise<Uint8Array> {
  const cache = new BinaryCache(new MemoryStore());
  const consistent = { ...info, narHash: hashBytes('sha256', nar), narSize: nar.length };
  await publish(cache, [consistent], { nar: () => nar, codec: none, allowUnsigned: true });
  return await collect((await fetchPath(cache, info.storePath, { trustedKeys: [] })).nar);
}

describe('an unsigned path that refers to itself', () => {
  for (const positions of [true, false]) {
    it(`${positions ? 'with' : 'without'} positions: is taken with its own content, and no other`, async () => {
      const text = 'I am @, and @ again';
      const { info, narOf } = await selfReferential(text, positions);
      const right = await narOf(text);
      assert.deepEqual(await fetched(info, right), right);
      for (const evil of ['I am @, and @ Again', 'I am @ , and @ again', 'I am @, and I again'])
        await assert.rejects(fetched(info, await narOf(evil)), { code: 'ERR_HASH_MISMATCH' });
    });
  }

  it('cannot have zero bytes for its own name where the address holds the positions', async () => {
    const { info } = await selfReferential('I am @', true);
    const zeros = await file(`I am ${'\0'.repeat(32)}`);
    await assert.rejects(fetched(info, zeros), { code: 'ERR_HASH_MISMATCH', name: 'IntegrityError' });
  });

  it('cannot end in the offsets of what is not in it', async () => {
    const { info, narOf } = await selfReferential('I am @', true);
    const offset = Buffer.from(await narOf('I am @')).indexOf(hashPart(info.storePath));
    const forged = Buffer.concat([await file(`I am ${'\0'.repeat(32)}`), Buffer.from(`|${offset}`)]);
    assert.deepEqual(hashBytes('sha256', forged), info.ca?.hash);
    const check = contentCheck(info) ?? assert.fail();
    await assert.rejects(collect(check(toAsyncIterable(forged))), { code: 'ERR_NAR_TRAILING' });
  });

  it('is checked whatever the chunks, and the last chunk is withheld until then', async () => {
    const { info, narOf } = await selfReferential('@@', true);
    const nar = await narOf('@@');
    const bytewise = Array.from(nar, (byte) => Uint8Array.of(byte));
    const check = contentCheck(info) ?? assert.fail();
    assert.deepEqual(await collect(check(toAsyncIterable(bytewise))), nar);
    let passed = 0;
    const wrong = Array.from(await narOf('@!'), (byte) => Uint8Array.of(byte));
    await assert.rejects(
      (async () => {
        for await (const chunk of check(toAsyncIterable(wrong))) passed += chunk.length;
      })(),
      { code: 'ERR_HASH_MISMATCH' },
    );
    assert.equal(passed, wrong.length - 1);
  });
});

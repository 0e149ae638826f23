import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collect } from 'narkit';
import { BinaryCache } from 'narkit/cache';
import { none } from 'narkit/codec';
import { hashBytes } from 'narkit/hash';
import { gitHash, readNar, writeNar } from 'narkit/nar';
import { type CompiledPolicy, compilePolicy, type PathInfo } from 'narkit/narinfo';
import { type FetchPathOptions, fetchPath, publish } from 'narkit/publish';
import {
  createSigner,
  generateSecretKey,
  type PolicyRule,
  printPublicKey,
  type Signer,
} from 'narkit/signature';
import { MemoryStore } from 'narkit/store';
import { type ContentAddressMethod, makeContentAddressedPath } from 'narkit/store-path';
import { textObject } from '../support/infos.ts';

const [one, two] = [createSigner(generateSecretKey('one')), createSigner(generateSecretKey('two'))] as const;

function policyOf(require: PolicyRule['require'], more: object = {}): CompiledPolicy {
  const keys = [one, two].map(({ publicKey }) => ({ publicKey: printPublicKey(publicKey), ...more }));
  return compilePolicy({ keys, rules: [{ require }] });
}

/** A store that counts what is read of its NARs. */
class CountingStore extends MemoryStore {
  nars = 0;
  override async get(...args: Parameters<MemoryStore['get']>): ReturnType<MemoryStore['get']> {
    if (args[0].startsWith('nar/')) this.nars++;
    return await super.get(...args);
  }
}

async function serving(
  info: PathInfo,
  nar: Uint8Array,
  signers: readonly Signer[] = [],
): Promise<{ store: CountingStore; fetch: (options: FetchPathOptions) => Promise<Uint8Array> }> {
  const store = new CountingStore();
  const cache = new BinaryCache(store);
  await publish(cache, [info], { nar: () => nar, codec: none, signers, allowUnsigned: true });
  store.nars = 0;
  return {
    store,
    fetch: async (options) => await collect((await fetchPath(cache, info.storePath, options)).nar),
  };
}

/** A path with the content address of `honest`, and a NAR of another content if that is asked for. */
async function addressed(method: ContentAddressMethod, content = 'honest'): Promise<[PathInfo, Uint8Array]> {
  const file = async (text: string): Promise<Uint8Array> => {
    const body = new TextEncoder().encode(text);
    return await collect(
      writeNar([{ type: 'regular', path: '', executable: false, size: body.length, body }]),
    );
  };
  const algo = method === 'git' ? 'sha1' : 'sha256';
  const hash =
    method === 'git'
      ? await gitHash(readNar(await file('honest')))
      : hashBytes(algo, method === 'nar' ? await file('honest') : new TextEncoder().encode('honest'));
  const ca = { method, hash };
  const nar = await file(content);
  const storePath = makeContentAddressedPath('thing', ca);
  const narHash = hashBytes('sha256', nar);
  return [{ storePath, narHash, narSize: nar.length, references: [], signatures: [], ca }, nar];
}

describe('fetchPath with a policy', () => {
  it('asks for as many keys as the policy does, before anything is downloaded', async () => {
    const { info, nar } = await textObject('a', 'A');
    const { store, fetch } = await serving(info, nar, [one]);
    assert.deepEqual(await fetch({ policy: policyOf({ signatures: 1 }) }), nar);
    store.nars = 0;
    await assert.rejects(fetch({ policy: policyOf({ signatures: 2 }) }), {
      name: 'TrustError',
      code: 'ERR_UNTRUSTED',
      keyNames: ['one'],
      message: `the policy does not trust /nix/store/${info.storePath}: 'one': valid`,
    });
    assert.equal(store.nars, 0);
    const both = await serving(info, nar, [one, two]);
    assert.deepEqual(await both.fetch({ policy: policyOf({ signatures: 2 }) }), nar);
  });

  it('says why: expired, unsigned, no rule', async () => {
    const { info, nar } = await textObject('a', 'A');
    const { fetch } = await serving(info, nar, [one]);
    const policy = policyOf({ signatures: 1 }, { notAfter: '2030-01-01' });
    assert.deepEqual(await fetch({ policy, now: new Date('2029-01-01') }), nar);
    await assert.rejects(fetch({ policy, now: new Date('2031-01-01') }), /'one': the key has expired/);
    const bare = await serving(info, nar);
    await assert.rejects(bare.fetch({ policy }), { code: 'ERR_UNSIGNED', message: /there is no signature/ });
    const none = compilePolicy({ keys: [{ publicKey: printPublicKey(one.publicKey) }], rules: [] });
    await assert.rejects(fetch({ policy: none }), { code: 'ERR_UNTRUSTED', message: /no rule/ });
  });

  const either: PolicyRule['require'] = { anyOf: [{ signatures: 1 }, { contentAddressed: true }] };
  for (const method of ['nar', 'flat', 'text', 'git'] as const) {
    it(`holds the content to a ${method} address where nothing else vouches for it`, async () => {
      const right = await serving(...(await addressed(method)));
      const bytes = await right.fetch({ policy: policyOf(either) });
      assert.deepEqual(bytes, (await addressed(method))[1]);
      await assert.rejects(right.fetch({ policy: policyOf({ signatures: 1 }) }), { code: 'ERR_UNSIGNED' });
      const wrong = await serving(...(await addressed(method, 'evil!!')));
      await assert.rejects(wrong.fetch({ policy: policyOf(either) }), { code: 'ERR_HASH_MISMATCH' });
      // Signed, the signature counts: what the path is made of is the signer's word.
      const signed = await serving(...(await addressed(method, 'evil!!')), [one]);
      assert.equal((await signed.fetch({ policy: policyOf(either) })).length, bytes.length);
      const both: PolicyRule['require'] = { allOf: [{ signatures: 1 }, { contentAddressed: true }] };
      await assert.rejects(signed.fetch({ policy: policyOf(both) }), { code: 'ERR_HASH_MISMATCH' });
    });
  }

  it('refuses options that contradict, before it asks the cache', async () => {
    const { info } = await textObject('a', 'A');
    const cache = new BinaryCache(new MemoryStore());
    const policy = policyOf({ signatures: 1 });
    const wrong: FetchPathOptions[] = [
      {},
      { trustedKeys: [], policy },
      { trustedKeys: [], now: new Date() },
      { policy, requireSigs: false },
    ];
    for (const options of wrong) {
      await assert.rejects(fetchPath(cache, info.storePath, options), TypeError, JSON.stringify(options));
    }
    await assert.rejects(fetchPath(cache, info.storePath, { policy, requireSigs: true }), {
      code: 'ERR_MISSING_PATH',
    });
  });
});

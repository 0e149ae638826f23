import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseHash } from '../../src/hash/hash.ts';
import type { PathInfo } from '../../src/narinfo/path-info.ts';
import { assertTrusted, isContentAddressed, signPathInfo, validSigners } from '../../src/narinfo/sign.ts';
import { parsePublicKey, parseSecretKey, secretKeyFromSeed } from '../../src/signature/key.ts';
import { Keyring, printSignature } from '../../src/signature/signature.ts';
import { createSigner, type Signer } from '../../src/signature/signer.ts';
import { parseContentAddress } from '../../src/store-path/content-address.ts';
import { makeContentAddressedPath } from '../../src/store-path/make-store-path.ts';
import { parseBaseName } from '../../src/store-path/store-path.ts';
import { narInfos } from './arbitraries.ts';
import { A_PATH, B_INFO, B_SIGNATURE, PUBLIC, SECRET } from './vectors.ts';

const A = parseBaseName(A_PATH.slice(11));
const vector = new Keyring([parsePublicKey(PUBLIC)]);
const signerOf = (name: string, byte: number): Signer =>
  createSigner(secretKeyFromSeed(name, new Uint8Array(32).fill(byte)));
const { ca: _, ...withoutCa } = B_INFO;
const input: PathInfo = {
  ...withoutCa,
  storePath: parseBaseName(`${'0'.repeat(32)}-input-addressed`),
  signatures: [],
};

test('section 4: signing gives the signature of real Nix, and it verifies', async () => {
  const signed = await signPathInfo({ ...B_INFO, signatures: [] }, [createSigner(parseSecretKey(SECRET))]);
  assert.deepEqual(signed.signatures.map(printSignature), [B_SIGNATURE]);
  assert.deepEqual(signed, B_INFO);
  assert.deepEqual(validSigners(B_INFO, vector), ['vector-1']);
});

test('signing adds one signature per signer, drops none, doubles none, changes no argument', async () => {
  const [one, two] = [signerOf('one-1', 1), signerOf('two-1', 2)];
  const far: Signer = {
    publicKey: two.publicKey,
    signDetached: async (message) => two.signDetached(message),
  };
  const before = structuredClone(B_INFO.signatures);
  const signed = await signPathInfo(B_INFO, [one, far]);
  assert.deepEqual(
    signed.signatures.map((sig) => sig.keyName),
    ['vector-1', 'one-1', 'two-1'],
  );
  assert.deepEqual(B_INFO.signatures, before);
  assert.deepEqual(await signPathInfo(signed, [two, one]), signed);
  assert.deepEqual(validSigners(signed, new Keyring([one.publicKey, two.publicKey])), ['one-1', 'two-1']);
  assert.equal((await signPathInfo(B_INFO, [])).signatures, B_INFO.signatures);
  await assert.rejects(signPathInfo({ ...B_INFO, narSize: 0 }, [one]), RangeError);
});

test('law: a change of any covered field breaks every signature; of any other, none', async () => {
  const signer = signerOf('k', 1);
  const keyring = new Keyring([signer.publicKey]);
  await fc.assert(
    fc.asyncProperty(narInfos, narInfos, fc.nat(255), async (generated, other, bit) => {
      const info = await signPathInfo({ ...generated, signatures: [] }, [signer]);
      assert.deepEqual(validSigners(info, keyring), ['k']);
      const { storePath, narHash, narSize, references, signatures } = info;
      assert.deepEqual(
        validSigners({ ...other, storePath, narHash, narSize, references, signatures }, keyring),
        ['k'],
      );
      const digest = narHash.digest.slice();
      digest[bit >> 3] = (digest[bit >> 3] as number) ^ (1 << (bit & 7));
      const at = bit % storePath.length;
      const swapped = storePath[at] === '1' ? '2' : '1';
      for (const change of [
        { narHash: { algo: narHash.algo, digest } },
        { narSize: narSize - 1 || 2 },
        { storePath: (storePath.slice(0, at) + swapped + storePath.slice(at + 1)) as typeof storePath },
        { references: [...references, A] },
        ...references.map((_, i) => ({ references: references.toSpliced(i, 1) })),
      ]) {
        assert.deepEqual(validSigners({ ...info, ...change }, keyring), []);
      }
      assert.deepEqual(validSigners(info, keyring, { storeDir: '/gnu' }), []);
    }),
    { numRuns: 25 },
  );
});

test('section 4: unknown names and odd lengths are passed over; a right signature among wrong ones counts', async () => {
  const right = B_INFO.signatures[0];
  assert.ok(right);
  const wrong = { ...right, sig: right.sig.map((byte) => byte ^ 1) };
  const short = { ...right, sig: right.sig.slice(1) };
  const unknown = { ...right, keyName: 'unknown' };
  assert.deepEqual(validSigners({ ...B_INFO, signatures: [unknown, wrong, short, right, right] }, vector), [
    'vector-1',
  ]);
  assert.deepEqual(validSigners({ ...B_INFO, signatures: [unknown, wrong, short] }, vector), []);
  assert.deepEqual(validSigners(B_INFO, new Keyring([])), []);
});

test('isContentAddressed: the path must follow from address, references and name', () => {
  assert.equal(isContentAddressed(B_INFO), true);
  const { ca } = B_INFO;
  assert.ok(ca);
  const flipped = ca.hash.digest.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
  for (const change of [
    { ca: { ...ca, hash: { ...ca.hash, digest: flipped } } },
    { ca: { ...ca, method: 'nar' } as const },
    { ca: { ...ca, method: 'flat' } as const }, // cannot have references
    { references: [] },
    { references: [A, B_INFO.storePath] }, // text cannot refer to itself
    { storePath: parseBaseName(`${B_INFO.storePath}x`) },
    { storePath: A },
  ]) {
    assert.equal(isContentAddressed({ ...B_INFO, ...change }), false, JSON.stringify(change));
  }
  assert.equal(isContentAddressed(B_INFO, { storeDir: '/gnu' }), false);
  assert.equal(isContentAddressed(input), false);
});

test('isContentAddressed: a self-reference is told from the others', () => {
  const narCa = parseContentAddress('fixed:r:sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw');
  const storePath = makeContentAddressedPath('n', narCa, { references: [A], selfReference: true });
  const info = { ...B_INFO, storePath, ca: narCa, references: [A, storePath] };
  assert.equal(isContentAddressed(info), true);
  assert.equal(isContentAddressed({ ...info, references: [A] }), false);
  assert.equal(isContentAddressed({ ...info, references: [storePath] }), false);
});

test('assertTrusted: a valid signature, or a content address that holds', async () => {
  const signer = signerOf('k', 1);
  const none = new Keyring([]);
  assertTrusted(B_INFO, vector);
  assertTrusted({ ...B_INFO, signatures: [] }, none);
  assertTrusted(await signPathInfo(input, [signer]), new Keyring([signer.publicKey]));
  const falseCa = {
    ...B_INFO,
    ca: { ...parseContentAddress('text:sha256:00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq') },
  };
  assertTrusted(falseCa, vector);
  assert.throws(() => assertTrusted(falseCa, none), { code: 'ERR_UNTRUSTED' });
  assert.throws(() => assertTrusted({ ...falseCa, signatures: [] }, none), { code: 'ERR_UNSIGNED' });
});

test('assertTrusted: the errors say what is wrong', async () => {
  const signer = signerOf('k', 1);
  const other = new Keyring([signerOf('other', 2).publicKey]);
  const storePath = `/nix/store/${input.storePath}`;
  assert.throws(() => assertTrusted(input, other), {
    name: 'TrustError',
    code: 'ERR_UNSIGNED',
    storePath,
    keyNames: [],
    message: /no signature .*trusted keys: other/,
  });
  const signed = await signPathInfo(input, [signer]);
  assert.throws(() => assertTrusted(signed, other), {
    code: 'ERR_UNTRUSTED',
    storePath,
    keyNames: ['k'],
    message: /signed by k .*trusted keys: other/,
  });
  assert.throws(() => assertTrusted(signed, new Keyring([])), { message: /no key is trusted/ });
  const forged = {
    ...signed,
    narHash: parseHash('sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw'),
  };
  assert.throws(() => assertTrusted(forged, new Keyring([signer.publicKey])), {
    code: 'ERR_UNTRUSTED',
    message: /'k' does not match/,
  });
  assert.throws(
    () => assertTrusted({ ...input, storePath: B_INFO.storePath }, vector, { storeDir: '/gnu' }),
    {
      storePath: `/gnu/${B_INFO.storePath}`,
    },
  );
});

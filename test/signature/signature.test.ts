import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '../../src/bytes/bytes.ts';
import { parsePublicKey, parseSecretKey, secretKeyFromSeed, toPublicKey } from '../../src/signature/key.ts';
import {
  equalSignature,
  Keyring,
  mergeSignatures,
  parseSignature,
  printSignature,
  type Signature,
} from '../../src/signature/signature.ts';
import { createSigner } from '../../src/signature/signer.ts';
import {
  A_FINGERPRINT,
  A_SIGNATURE,
  B_FINGERPRINT,
  B_SIGNATURE,
  PUBLIC,
  SECRET,
} from '../narinfo/vectors.ts';

const refused = { name: 'ParseError', code: 'ERR_PARSE_SIGNATURE' } as const;

test('section 4: the vectors, signed and verified', async () => {
  const signer = createSigner(parseSecretKey(SECRET));
  const keyring = new Keyring([parsePublicKey(PUBLIC)]);
  for (const [message, text] of [
    [A_FINGERPRINT, A_SIGNATURE],
    [B_FINGERPRINT, B_SIGNATURE],
  ] as const) {
    const sig = await signer.signDetached(utf8(message));
    assert.equal(printSignature({ keyName: signer.publicKey.name, sig }), text);
    assert.ok(keyring.verify(utf8(message), parseSignature(text)));
    assert.ok(!keyring.verify(utf8(`${message} `), parseSignature(text)));
  }
  assert.deepEqual(signer.publicKey, parsePublicKey(PUBLIC));
});

test('section 3: what is no signature', () => {
  for (const text of [
    '',
    'x',
    ':',
    'k:',
    ':AAAA',
    'k:=',
    'k:\n',
    'k:A',
    'k:A A',
    'k:A*',
    'k:AA:AA',
    'k: AAAA',
  ]) {
    assert.throws(() => parseSignature(text), refused, JSON.stringify(text));
  }
  assert.throws(() => parseSignature('x'.repeat(100_000)), refused);
});

test('section 3: what is one, if of no use', () => {
  assert.deepEqual(parseSignature('k:AAAA'), { keyName: 'k', sig: new Uint8Array(3) });
  assert.equal(parseSignature(`${A_SIGNATURE}\n`).sig.length, 64);
  assert.equal(parseSignature('a key:AA==').keyName, 'a key');
});

test('law: parse(print(s)) = s', () => {
  const keyNames = fc.string({ minLength: 1 }).filter((name) => !name.includes(':'));
  fc.assert(
    fc.property(keyNames, fc.uint8Array({ minLength: 1, maxLength: 80 }), (keyName, sig) => {
      assert.deepEqual(parseSignature(printSignature({ keyName, sig })), { keyName, sig });
    }),
  );
});

test('a keyring: of keys with one name the first counts, unknown names and odd lengths never do', async () => {
  const message = utf8('message');
  const [one, two] = [1, 2].map((byte) => secretKeyFromSeed('k', new Uint8Array(32).fill(byte)));
  assert.ok(one && two);
  const sign = async (key: typeof one): Promise<Signature> => ({
    keyName: 'k',
    sig: await createSigner(key).signDetached(message),
  });
  const keyring = new Keyring([toPublicKey(one), toPublicKey(two)]);
  assert.deepEqual(keyring.keyNames, ['k']);
  const right = await sign(one);
  assert.equal(keyring.verify(message, right), true);
  assert.equal(keyring.verify(message, await sign(two)), false);
  assert.equal(keyring.verify(message, { ...right, keyName: 'other' }), false);
  assert.equal(keyring.verify(message, { ...right, keyName: '__proto__' }), false);
  for (const sig of [new Uint8Array(0), right.sig.slice(1), Uint8Array.of(...right.sig, 0)]) {
    assert.equal(keyring.verify(message, { keyName: 'k', sig }), false);
  }
  assert.equal(new Keyring([]).verify(message, right), false);
  assert.equal(new Keyring([{ name: 'k', bytes: new Uint8Array(3) }]).verify(message, right), false);
});

test('merging keeps all of the first, in order, adds what is new once, and changes neither', () => {
  const sig = (keyName: string, byte: number): Signature => ({ keyName, sig: Uint8Array.of(byte) });
  const a = [sig('k', 1), sig('j', 1)];
  const b = [sig('j', 1), sig('k', 2), sig('k', 2)];
  const merged = mergeSignatures(a, b);
  assert.deepEqual(merged.map(printSignature), ['k:AQ==', 'j:AQ==', 'k:Ag==']);
  assert.deepEqual([a.length, b.length], [2, 3]);
  assert.ok(equalSignature(sig('k', 1), sig('k', 1)));
  assert.ok(!equalSignature(sig('k', 1), sig('j', 1)));
  assert.ok(!equalSignature(sig('k', 1), sig('k', 2)));
});

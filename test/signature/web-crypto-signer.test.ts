import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createSigner,
  exportPublicKey,
  exportSecretKey,
  Keyring,
  parseSecretKey,
  toPublicKey,
  type WebCryptoKeyPair,
  webCryptoSigner,
} from 'narkit/signature';
import { SECRET } from '../narinfo/vectors.ts';

const key = parseSecretKey(SECRET);
const { subtle } = crypto;

/** The key in WebCrypto's keeping. */
async function pair(usages: KeyUsage[] = ['sign']) {
  return {
    privateKey: await subtle.importKey(
      'pkcs8',
      Uint8Array.from(exportSecretKey(key, 'pkcs8')),
      'Ed25519',
      false,
      usages,
    ),
    publicKey: await subtle.importKey(
      'spki',
      Uint8Array.from(exportPublicKey(toPublicKey(key), 'spki')),
      'Ed25519',
      true,
      ['verify'],
    ),
  };
}
type KeyUsage = Parameters<typeof subtle.importKey>[4][number];

test('signs as createSigner does, with a key that nobody can read', async () => {
  const keys = await pair();
  await assert.rejects(subtle.exportKey('pkcs8', keys.privateKey));
  const signer = await webCryptoSigner(key.name, keys);
  const plain = createSigner(key);
  assert.deepEqual(signer.publicKey, plain.publicKey);
  for (const length of [0, 1, 63, 64, 200, 100_000]) {
    const message = crypto.getRandomValues(new Uint8Array(Math.min(length, 65_536)));
    assert.deepEqual(await signer.signDetached(message), await plain.signDetached(message));
  }
  const part = new Uint8Array(100).fill(7).subarray(10, 20);
  assert.deepEqual(await signer.signDetached(part), await plain.signDetached(part));
});

test('a pair that WebCrypto made', async () => {
  const signer = await webCryptoSigner(
    'made',
    (await subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as WebCryptoKeyPair,
  );
  const message = Uint8Array.of(1, 2, 3);
  const signature = { keyName: 'made', sig: await signer.signDetached(message) };
  assert.ok(new Keyring([signer.publicKey]).verify(message, signature));
});

test('refuses what cannot sign', async () => {
  const keys = await pair();
  const other = (await subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as WebCryptoKeyPair;
  const wrong = (await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'sign',
    'verify',
  ])) as WebCryptoKeyPair;
  await assert.rejects(webCryptoSigner('k', { ...keys, publicKey: other.publicKey }), {
    code: 'ERR_PARSE_KEY',
    message: /do not belong together/,
  });
  await assert.rejects(webCryptoSigner('k', wrong), TypeError);
  await assert.rejects(
    webCryptoSigner('k', { privateKey: keys.publicKey, publicKey: keys.privateKey }),
    TypeError,
  );
  await assert.rejects(webCryptoSigner('a b', keys), { code: 'ERR_PARSE_KEY' });
});

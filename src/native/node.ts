/**
 * `#native` on Node.js, Deno and Bun: OpenSSL through `node:crypto`.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto';
import { blake3 } from '@noble/hashes/blake3.js';
import type { DigestAlgo, Native } from './native.ts';
import { isStrictPoint } from './strict-point.ts';

/** On first use: loading it takes as long as all else that reading a narinfo needs. */
const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto');

/** DER in front of a raw key: PKCS#8 for the seed, SubjectPublicKeyInfo for the public key (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

export const createHasher: Native['createHasher'] = (algo: DigestAlgo) => {
  const hash = algo === 'blake3' ? blake3.create() : crypto().createHash(algo); // OpenSSL has no BLAKE3
  return { update: (bytes) => void hash.update(bytes), digest: () => new Uint8Array(hash.digest()) };
};

export const randomBytes: Native['randomBytes'] = (length) => new Uint8Array(crypto().randomBytes(length));

// Not zeroed, and not a slice of Node's shared pool: the whole ArrayBuffer is the caller's. No Buffer
// either: its slice() is a view where that of a Uint8Array is a copy.
export const allocate: Native['allocate'] = (length) => new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);

function privateKey(seed: Uint8Array): KeyObject {
  // OpenSSL passes over bytes that follow the 32.
  if (seed.length !== 32) throw new RangeError(`an Ed25519 seed has 32 bytes, not ${seed.length}`);
  return crypto().createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, seed]),
    format: 'der',
    type: 'pkcs8',
  });
}

export const ed25519PublicKey: Native['ed25519PublicKey'] = (seed) => {
  const spki = crypto().createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' });
  return new Uint8Array(spki.subarray(SPKI_PREFIX.length));
};

export const ed25519Signer: Native['ed25519Signer'] = (seed) => {
  const key = privateKey(seed);
  return (message) => new Uint8Array(crypto().sign(null, message, key));
};

export const ed25519Verifier: Native['ed25519Verifier'] = (publicKey) => {
  if (!isStrictPoint(publicKey)) return () => false;
  const key = crypto().createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, publicKey]),
    format: 'der',
    type: 'spki',
  });
  return (message, signature) =>
    signature.length === 64 &&
    isStrictPoint(signature.subarray(0, 32)) &&
    crypto().verify(null, message, key, signature);
};

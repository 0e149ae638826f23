/**
 * `#native` where nothing but JavaScript can be counted on: the noble packages.
 *
 * @module
 */
import { getPublicKey, hashes, sign, verify } from '@noble/ed25519';
import { blake3 } from '@noble/hashes/blake3.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import type { DigestAlgo, Hasher, Native } from './native.ts';

// noble's own slot: without it only the asynchronous half of its API works.
hashes.sha512 = sha512;

const HASHES = { md5, sha1, sha256, sha512, blake3 } as const;

export const createHasher: Native['createHasher'] = (algo: DigestAlgo): Hasher => {
  const hash = HASHES[algo].create();
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
};

export const randomBytes: Native['randomBytes'] = (length) => crypto.getRandomValues(new Uint8Array(length));

export const allocate: Native['allocate'] = (length) => new Uint8Array(length);

export const ed25519PublicKey: Native['ed25519PublicKey'] = (seed) => getPublicKey(seed);

export const ed25519Signer: Native['ed25519Signer'] = (seed) => (message) => sign(message, seed);

export const ed25519Verifier: Native['ed25519Verifier'] = (publicKey) => (message, signature) => {
  try {
    // zip215 would accept encodings that RFC 8032, and so libsodium in Nix, refuses.
    return verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
};

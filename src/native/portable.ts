/**
 * `#native` where nothing but JavaScript can be counted on: the noble packages.
 *
 * @module
 */
import { getPublicKey, hashes, Point, hash as sha512Hash, sign } from '@noble/ed25519';
import { blake3 } from '@noble/hashes/blake3.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes, toBase16 } from '../bytes/bytes.ts';
import type { DigestAlgo, Hasher, Native } from './native.ts';
import { isStrictPoint } from './strict-point.ts';

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

export const ed25519Signer: Native['ed25519Signer'] = (seed) => {
  const own = Uint8Array.from(seed);
  if (own.length !== 32) throw new RangeError(`an Ed25519 seed has 32 bytes, not ${own.length}`);
  return (message) => sign(message, own);
};

/**
 * `[S]B - [k]A = R` without cofactor, as OpenSSL and libsodium compute it. noble's own `verify`
 * multiplies by the cofactor, also when told to be strict, and so accepts more than the twin.
 */
export const ed25519Verifier: Native['ed25519Verifier'] = (publicKey) => {
  const key = Uint8Array.from(publicKey);
  const point = isStrictPoint(key) ? decodePoint(key) : undefined;
  return (message, signature) => {
    const r = signature.subarray(0, 32);
    if (point === undefined || signature.length !== 64 || !isStrictPoint(r)) return false;
    const { n } = Point.CURVE();
    const s = littleEndian(signature.subarray(32));
    if (s >= n) return false;
    const k = littleEndian(sha512Hash(concatBytes([r, key, message]))) % n;
    const expected = Point.BASE.multiply(s, false).subtract(point.multiply(k, false));
    return equalBytes(expected.toBytes(), r);
  };
};

function decodePoint(encoded: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(encoded);
  } catch {
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toBase16(Uint8Array.from(bytes).reverse())}`);
}

/**
 * Which encoded points an Ed25519 verifier may meet. Implementations differ here and between their
 * versions; both natives ask this first, and so agree on the strict side, that of libsodium 1.0.18.
 *
 * @module
 */
import { fromBase16, toBase16 } from '../bytes/bytes.ts';

/** The y coordinates, without sign bit, of the eight points of small order. */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/** 2^255 - 19, little-endian. */
const PRIME = fromBase16(`ed${'ff'.repeat(30)}7f`) as Uint8Array;

/**
 * Whether 32 bytes may be a public key or the R of a signature: y is reduced, and the point is not
 * of small order (such a key "signs" everything). That it lies on the curve is not checked.
 */
export function isStrictPoint(encoded: Uint8Array): boolean {
  if (encoded.length !== 32) return false;
  const y = Uint8Array.from(encoded);
  y[31] = (y[31] as number) & 0x7f;
  return isBelowPrime(y) && !SMALL_ORDER.has(toBase16(y));
}

function isBelowPrime(y: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = (y[i] as number) - (PRIME[i] as number);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/**
 * Which encoded points an Ed25519 verifier may meet. Implementations differ here and between their
 * versions; both natives ask this first, and so agree on the strict side, that of libsodium 1.0.18.
 *
 * @module
 */
import { fromBase16 } from '../bytes/bytes.ts';

/** 2^255 - 19, little-endian, as all coordinates here are. */
const PRIME = coordinate(`ed${'ff'.repeat(30)}7f`);

/** The y coordinates, without sign bit, of the eight points of small order. */
const SMALL_ORDER: readonly Uint8Array[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map(coordinate);

/**
 * Whether 32 bytes may be a public key or the R of a signature: y is reduced, and the point is not
 * of small order (such a key "signs" everything). That it lies on the curve is not checked.
 */
export function isStrictPoint(encoded: Uint8Array): boolean {
  return (
    encoded.length === 32 &&
    compareY(encoded, PRIME) < 0 &&
    SMALL_ORDER.every((y) => compareY(encoded, y) !== 0)
  );
}

/** From the most significant byte down, so it mostly ends at the first; the sign bit is passed over. */
function compareY(encoded: Uint8Array, y: Uint8Array): number {
  let difference = ((encoded[31] as number) & 0x7f) - (y[31] as number);
  for (let i = 30; difference === 0 && i >= 0; i--) difference = (encoded[i] as number) - (y[i] as number);
  return difference;
}

function coordinate(hex: string): Uint8Array {
  return fromBase16(hex) as Uint8Array;
}

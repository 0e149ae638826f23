import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Point } from '@noble/ed25519';
import { isStrictPoint } from '../../src/native/strict-point.ts';

const bytesLE = (value: bigint): Uint8Array =>
  Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse());
const { p: P, n: L } = Point.CURVE();
const SIGN = 1n << 255n;

// Asked directly: some versions of OpenSSL refuse these on their own, others do not.

test('the eight points of small order are refused, with either sign', () => {
  // Any point times the large prime L falls into the small subgroup; take the point with y = 3 or so.
  const seen = new Set<bigint>();
  for (let y = 2n; seen.size < 5; y++) {
    let point: Point;
    try {
      point = Point.fromBytes(bytesLE(y));
    } catch {
      continue; // not on the curve
    }
    const small = point.multiply(L - 1n).add(point);
    for (let i = 0, multiple = Point.ZERO; i < 8; i++, multiple = multiple.add(small)) seen.add(multiple.y);
  }
  for (const y of seen) {
    assert.equal(isStrictPoint(bytesLE(y)), false, String(y));
    assert.equal(isStrictPoint(bytesLE(y + SIGN)), false, String(y));
  }
});

test('y must be reduced: all of p to 2^255-1 is refused, with either sign; just below p is not', () => {
  for (let y = P; y < SIGN; y++) {
    assert.equal(isStrictPoint(bytesLE(y)), false, String(y - P));
    assert.equal(isStrictPoint(bytesLE(y + SIGN)), false, String(y - P));
  }
  assert.equal(isStrictPoint(bytesLE(P - 1n)), false); // of order 2
  for (const y of [2n, 3n, P - 2n, P - 19n, P - (1n << 200n)]) {
    assert.equal(isStrictPoint(bytesLE(y)), true, String(y));
    assert.equal(isStrictPoint(bytesLE(y + SIGN)), true, String(y));
  }
});

test('32 bytes, and the argument is left alone', () => {
  for (const length of [0, 31, 33]) assert.equal(isStrictPoint(new Uint8Array(length).fill(9)), false);
  const bytes = Buffer.alloc(32, 0xf9);
  assert.equal(isStrictPoint(bytes), true);
  assert.deepEqual(bytes, Buffer.alloc(32, 0xf9));
});

/**
 * Nix32, Nix's base-32 (encoding.md section 2).
 *
 * The bytes are one little-endian integer, written most significant digit first, in
 * `ceil(8n / 5)` digits without padding. base-x reads bytes big-endian and keeps leading zero
 * bytes as digits, so both sides reverse the bytes and set the length themselves.
 *
 * @module
 */
import baseX from 'base-x';
import { ParseError } from '../errors.ts';

/** The digits, 0 to 31; `e o u t` are left out. */
export const NIX32_ALPHABET = '0123456789abcdfghijklmnpqrsvwxyz';

const DIGITS = /^[0-9a-df-np-sv-z]*$/;

const base32 = baseX(NIX32_ALPHABET);

/** Digits that `byteLength` bytes take. */
export function nix32Length(byteLength: number): number {
  return Math.ceil((byteLength * 8) / 5);
}

/**
 * Bytes to nix32; empty input gives `''`.
 *
 * @example
 * ```ts
 * import { encodeNix32 } from 'narkit/hash';
 *
 * console.log(encodeNix32(Uint8Array.of(0, 1))); // '0080'
 * ```
 */
export function encodeNix32(bytes: Uint8Array): string {
  // Not slice(): that of a Buffer is no copy.
  const bigEndian = Uint8Array.from(bytes).reverse();
  const zeros = leading(bigEndian, 0);
  return base32.encode(bigEndian).slice(zeros).padStart(nix32Length(bytes.length), '0');
}

/**
 * Nix32 to bytes, strictly: digits in lower case, a length that some byte count has, and no bit set
 * beyond the last byte (the non-canonical forms that Nix refuses).
 *
 * @throws ParseError `ERR_PARSE_NIX32`
 *
 * @example
 * ```ts
 * import { decodeNix32 } from 'narkit/hash';
 *
 * console.log(decodeNix32('0080')); // Uint8Array(2) [ 0, 1 ]
 * ```
 */
export function decodeNix32(text: string): Uint8Array {
  const byteLength = Math.floor((text.length * 5) / 8);
  if (nix32Length(byteLength) !== text.length) {
    throw new ParseError('ERR_PARSE_NIX32', `no bytes have ${text.length} nix32 digits`);
  }
  const digits = base32.decodeUnsafe(text);
  if (digits === undefined) {
    const at = Array.from(text).findIndex((digit) => !NIX32_ALPHABET.includes(digit));
    throw new ParseError(
      'ERR_PARSE_NIX32',
      `character ${at + 1} of ${JSON.stringify(text)} is no nix32 digit`,
    );
  }
  // base-x gives a zero byte for every leading zero digit, then the value without leading zeros.
  const value = digits.subarray(leading(text, '0'));
  if (value.length > byteLength) {
    throw new ParseError(
      'ERR_PARSE_NIX32',
      `nix32 ${JSON.stringify(text)} is not canonical: it has bits beyond byte ${byteLength}`,
    );
  }
  const out = new Uint8Array(byteLength);
  out.set(value.reverse());
  return out;
}

/** Whether {@link decodeNix32} takes the text, found without decoding it. */
export function isNix32(text: string): boolean {
  const byteLength = Math.floor((text.length * 5) / 8);
  if (nix32Length(byteLength) !== text.length || !DIGITS.test(text)) return false;
  // Only the first digit has bits beyond the last byte; the more of them, the fewer digits it can be.
  const spareBits = 5 * text.length - 8 * byteLength;
  return NIX32_ALPHABET.indexOf(text.charAt(0)) < 32 >> spareBits;
}

function leading<T>(items: ArrayLike<T>, item: T): number {
  let count = 0;
  while (count < items.length && items[count] === item) count++;
  return count;
}

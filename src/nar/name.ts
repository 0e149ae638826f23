/**
 * File names and symlink targets are bytes; here they are strings that lose none of them.
 *
 * What is valid UTF-8 reads as usual. Every byte that is not becomes the lone surrogate
 * U+DC00 + byte (U+DC80 to U+DCFF), as Python's PEP 383 does. Valid UTF-8 never contains a
 * surrogate, so the two never collide and `encodeName(decodeName(b))` is `b` for all bytes.
 *
 * @module
 */
import { compareBytes, fromUtf8, toDisplay, utf8 } from '../bytes/bytes.ts';

/** Bytes of a file name or link target to a string. */
export function decodeName(bytes: Uint8Array): string {
  return fromUtf8(bytes) ?? escapeInvalid(bytes);
}

/**
 * The bytes of a name: the inverse of {@link decodeName}.
 *
 * @throws RangeError for a lone surrogate that stands for no byte.
 *
 * @example
 * ```ts
 * import { decodeName, encodeName } from 'narkit/nar';
 *
 * const name = decodeName(Uint8Array.of(0x61, 0xff)); // 'a\udcff'
 * console.log(encodeName(name)); // Uint8Array(2) [ 97, 255 ]
 * ```
 */
export function encodeName(name: string): Uint8Array {
  const short = name.length <= SHORT ? asciiBytes(name) : undefined;
  if (short !== undefined) return short;
  if (name.isWellFormed()) return utf8(name);
  const out: number[] = [];
  for (const char of name) {
    const point = char.codePointAt(0) as number;
    if (point >= 0xdc80 && point <= 0xdcff) out.push(point - 0xdc00);
    else if (point >= 0xd800 && point <= 0xdfff) {
      throw new RangeError(`U+${point.toString(16).toUpperCase()} in a file name stands for no byte`);
    } else out.push(...utf8(char));
  }
  return Uint8Array.from(out);
}

/** Up to this many units a loop is several times as fast as the platform's encoder. */
const SHORT = 64;

/** `undefined` for what is not ASCII. */
function asciiBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return undefined;
    bytes[i] = unit;
  }
  return bytes;
}

/** Bytewise order of two names: the order of a NAR. UTF-16 order differs above U+D7FF. */
export function compareNames(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left === right) continue;
    // Where neither is half of a code point or a byte, code units are code points, in the order of UTF-8.
    if (isSurrogate(left) || isSurrogate(right)) return compareBytes(encodeName(a), encodeName(b));
    return left - right;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** Valid runs are decoded together; a byte that begins no valid sequence is escaped alone. */
function escapeInvalid(bytes: Uint8Array): string {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    parts.push(toDisplay(bytes.subarray(start, at)), String.fromCharCode(0xdc00 + (bytes[at] as number)));
    start = ++at;
  }
  parts.push(toDisplay(bytes.subarray(start)));
  return parts.join('');
}

/** Bytes of the well-formed UTF-8 sequence at `at`, 0 where there is none (Unicode, table 3-7). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number;
  if (lead < 0x80) return 1;
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  // The second byte has tighter bounds where the lead alone allows overlong forms, surrogates, or too much.
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i] ?? 0;
    if (byte < (i === 1 ? low : 0x80) || byte > (i === 1 ? high : 0xbf)) return 0;
  }
  return length;
}

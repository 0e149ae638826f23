/**
 * Small helpers over `Uint8Array`. Private: no subpath leads here.
 *
 * @module
 */
import { ParseError } from '../errors.ts';

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const looseDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Decodes UTF-8; `undefined` where the bytes are not valid UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Decodes for showing to a person: what is not UTF-8 becomes U+FFFD. */
export function toDisplay(bytes: Uint8Array): string {
  return looseDecoder.decode(bytes);
}

export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Unsigned bytewise order, a shorter prefix first: the order of every sorted list in Nix. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Order of plain ASCII texts, such as store paths; bytewise because ASCII is. */
export function compareAscii(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Characters by their codes, all at once: twice as fast as adding them up one by one. */
export function textOfCodes(codes: readonly number[]): string {
  // Each is an argument of a call, and not any number of those fits onto the stack.
  if (codes.length <= 4096) return String.fromCharCode(...codes);
  let text = '';
  for (let at = 0; at < codes.length; at += 4096) text += String.fromCharCode(...codes.slice(at, at + 4096));
  return text;
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

export function toBase16(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += HEX[byte];
  return out;
}

/** Reads base16 of either case; `undefined` where the text is none. */
export function fromBase16(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const EQUALS = 0x3d;
/** The value of a base64 digit, by character code; 255 for what is none. */
const BASE64_VALUES = Uint8Array.from({ length: 128 }, (_, code) =>
  BASE64.indexOf(String.fromCharCode(code)),
);

/** Canonical padded base64 (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  const codes = new Array<number>(Math.ceil(bytes.length / 3) * 4);
  for (let at = 0, to = 0; at < bytes.length; at += 3, to += 4) {
    const left = bytes.length - at;
    const b = left > 1 ? (bytes[at + 1] as number) : 0;
    const c = left > 2 ? (bytes[at + 2] as number) : 0;
    const triple = ((bytes[at] as number) << 16) | (b << 8) | c;
    codes[to] = BASE64.charCodeAt(triple >>> 18);
    codes[to + 1] = BASE64.charCodeAt((triple >>> 12) & 63);
    codes[to + 2] = left > 1 ? BASE64.charCodeAt((triple >>> 6) & 63) : EQUALS;
    codes[to + 3] = left > 2 ? BASE64.charCodeAt(triple & 63) : EQUALS;
  }
  return textOfCodes(codes);
}

/**
 * Reads base64 as leniently as Nix does: stops at the first `=`, skips newlines, asks neither for
 * padding nor for zero left-over bits (encoding.md section 3).
 *
 * @throws ParseError `ERR_PARSE_BASE64` with the position, never the text: it may be a secret.
 */
export function fromBase64(text: string): Uint8Array {
  const equals = text.indexOf('=');
  const digits = (equals < 0 ? text : text.slice(0, equals)).replaceAll('\n', '');
  // Left-over bits that make no whole byte are dropped, as by Nix.
  const out = new Uint8Array(Math.floor((digits.length * 6) / 8));
  let pending = 0;
  let bits = 0;
  let to = 0;
  for (let at = 0; at < digits.length; at++) {
    const value = BASE64_VALUES[digits.charCodeAt(at)] ?? 255;
    if (value > 63) throw new ParseError('ERR_PARSE_BASE64', `invalid base64 character at position ${at}`);
    pending = (pending << 6) | value;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out[to++] = pending >>> bits;
  }
  return out;
}

/**
 * Digests and their text forms (encoding.md sections 1 to 4).
 *
 * @module
 */
import { equalBytes, fromBase16, fromBase64, toBase16, toBase64 } from '../bytes/bytes.ts';
import { ParseError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import { decodeNix32, encodeNix32, isNix32, nix32Length } from './nix32.ts';
import { hashOfNix32, keptNix32 } from './nix32-hash.ts';

/** Digest size in bytes of every algorithm Nix knows. */
export const HASH_SIZES = { md5: 16, sha1: 20, sha256: 32, sha512: 64, blake3: 32 } as const;

/** A hash algorithm, by Nix's lower-case name. */
export type HashAlgo = keyof typeof HASH_SIZES;

const ALGOS = Object.keys(HASH_SIZES) as HashAlgo[];

/** A digest and the algorithm that made it. */
export interface Hash {
  readonly algo: HashAlgo;
  /** As many bytes as {@link HASH_SIZES} says. */
  readonly digest: Uint8Array;
}

/** `nix32`, `base16`, `base64`: `<algo>:<digest>`; `sri`: `<algo>-<base64>`. */
export type HashFormat = 'nix32' | 'base16' | 'base64' | 'sri';

/** Options of {@link parseHash}. */
export interface ParseHashOptions {
  /** The algorithm, for texts that do not name one; a text that names another is refused. */
  algo?: HashAlgo;
}

/**
 * Parses every text form that Nix reads: `<algo>:<digest>` with a base16, nix32 or padded base64
 * digest (told apart by length alone), SRI, and, when `algo` is given, a bare digest.
 *
 * A nix32 digest is checked at once, and decoded when `digest` is first read; until then printing it in
 * nix32 gives the text back. In everything but speed, and how `inspect` shows it, it is a plain object.
 *
 * @throws ParseError `ERR_PARSE_HASH`
 *
 * @example
 * ```ts
 * import { parseHash, printHash } from 'narkit/hash';
 *
 * const hash = parseHash('sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');
 * console.log(printHash(hash, 'nix32')); // sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73
 * ```
 */
export function parseHash(text: string, options: ParseHashOptions = {}): Hash {
  checkOptions('parseHash', options, ['algo']);
  const colon = text.indexOf(':');
  const dash = colon < 0 ? text.indexOf('-') : -1;
  const separator = colon < 0 ? dash : colon;
  const named = separator < 0 ? undefined : text.slice(0, separator);
  const name = named ?? options.algo;
  if (name === undefined) throw bad(text, 'it names no algorithm');
  const algo = ALGOS.find((known) => known === name);
  if (algo === undefined) throw bad(text, 'unknown algorithm');
  if (options.algo !== undefined && algo !== options.algo) throw bad(text, `expected ${options.algo}`);
  const digestText = text.slice(separator + 1);
  const size = HASH_SIZES[algo];
  if (dash < 0 && digestText.length === nix32Length(size) && isNix32(digestText))
    return hashOfNix32(algo, digestText);
  try {
    const digest = dash >= 0 ? fromBase64(digestText) : decodeByLength(digestText, size);
    if (digest === undefined || digest.length !== size) {
      throw bad(
        text,
        `a ${algo} digest has ${size} bytes: ${2 * size} base16, ${nix32Length(size)} nix32 or ${base64Length(size)} base64 characters`,
      );
    }
    return { algo, digest };
  } catch (cause) {
    if (cause instanceof ParseError && cause.code !== 'ERR_PARSE_HASH') throw bad(text, cause.message, cause);
    throw cause;
  }
}

/** The text form of a hash; the inverse of {@link parseHash}. */
export function printHash(hash: Hash, format: HashFormat): string {
  if (format === 'sri') return `${hash.algo}-${toBase64(hash.digest)}`;
  return `${hash.algo}:${printDigest(hash, format)}`;
}

/** The digest alone, without the algorithm. */
export function printDigest(hash: Hash, format: Exclude<HashFormat, 'sri'>): string {
  switch (format) {
    case 'nix32':
      return keptNix32(hash) ?? encodeNix32(hash.digest);
    case 'base16':
      return toBase16(hash.digest);
    case 'base64':
      return toBase64(hash.digest);
    default:
      throw new TypeError(`unknown hash format '${String(format)}'`);
  }
}

/** Whether two hashes are the same digest by the same algorithm. */
export function equalHash(a: Hash, b: Hash): boolean {
  return a.algo === b.algo && equalBytes(a.digest, b.digest);
}

/**
 * Folds a digest to `size` bytes by XOR (encoding.md section 5); store paths use 20.
 */
export function compressHash(digest: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  digest.forEach((byte, i) => {
    out[i % size] = (out[i % size] as number) ^ byte;
  });
  return out;
}

export function isHashAlgo(name: string): name is HashAlgo {
  return Object.hasOwn(HASH_SIZES, name);
}

function base64Length(size: number): number {
  return Math.ceil(size / 3) * 4;
}

/**
 * No two forms of one algorithm have the same length, so the length decides. Of nix32 only what is wrong
 * comes here, to be told what.
 */
function decodeByLength(text: string, size: number): Uint8Array | undefined {
  if (text.length === 2 * size) return fromBase16(text);
  if (text.length === nix32Length(size)) return decodeNix32(text);
  return text.length === base64Length(size) ? fromBase64(text) : undefined;
}

function bad(text: string, why: string, cause?: unknown): ParseError {
  const shown = text.length > 160 ? `${text.slice(0, 160)}...` : text;
  return new ParseError('ERR_PARSE_HASH', `invalid hash ${JSON.stringify(shown)}: ${why}`, { cause });
}

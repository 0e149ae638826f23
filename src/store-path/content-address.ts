/**
 * Content addresses: the `CA` of a narinfo (store-path.md section 3).
 *
 * @module
 */
import { ParseError } from '../errors.ts';
import type { Hash, HashAlgo } from '../hash/hash.ts';
import { parseHash, printHash } from '../hash/hash.ts';

/**
 * How the hash was taken: `text` of a file that may have references, `flat` of a file's bytes,
 * `nar` of the NAR (recursive), `git` of a git tree.
 */
export type ContentAddressMethod = 'text' | 'flat' | 'nar' | 'git';

/** What makes a path content-addressed. */
export interface ContentAddress {
  readonly method: ContentAddressMethod;
  readonly hash: Hash;
}

const PREFIXES: Readonly<Record<ContentAddressMethod, string>> = {
  text: 'text:',
  flat: 'fixed:',
  nar: 'fixed:r:',
  git: 'fixed:git:',
};

/**
 * Parses `text:<hash>`, `fixed:<hash>`, `fixed:r:<hash>` or `fixed:git:<hash>`; the digest may be
 * base16, nix32 or base64.
 *
 * @throws ParseError `ERR_PARSE_CONTENT_ADDRESS`
 *
 * @example
 * ```ts
 * import { parseContentAddress } from 'narkit/store-path';
 *
 * const ca = parseContentAddress('fixed:r:sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw');
 * console.log(ca.method, ca.hash.algo); // nar sha256
 * ```
 */
export function parseContentAddress(text: string): ContentAddress {
  // Longest prefix first: `fixed:` begins the other two.
  for (const method of ['text', 'git', 'nar', 'flat'] as const) {
    if (!text.startsWith(PREFIXES[method])) continue;
    let hash: Hash;
    try {
      hash = parsePrefixed(text.slice(PREFIXES[method].length));
    } catch (cause) {
      throw bad(text, (cause as Error).message, cause);
    }
    checkAlgo(method, hash.algo, text);
    return { method, hash };
  }
  throw bad(text, "it must begin with 'text:' or 'fixed:'");
}

/** Nix's form, the digest in nix32: the inverse of {@link parseContentAddress}. */
export function printContentAddress(ca: ContentAddress): string {
  return PREFIXES[ca.method] + printHash(ca.hash, 'nix32');
}

/** `<algo>:<digest>`; unlike elsewhere SRI is not accepted here. */
function parsePrefixed(text: string): Hash {
  if (!text.includes(':')) throw new RangeError('the hash must have the form <algo>:<digest>');
  return parseHash(text);
}

function checkAlgo(method: ContentAddressMethod, algo: HashAlgo, text: string): void {
  if (method === 'text' && algo !== 'sha256') throw bad(text, 'text is always hashed with sha256');
  if (method === 'git' && algo !== 'sha1' && algo !== 'sha256')
    throw bad(text, 'git hashes are sha1 or sha256');
}

function bad(text: string, why: string, cause?: unknown): ParseError {
  return new ParseError(
    'ERR_PARSE_CONTENT_ADDRESS',
    `invalid content address ${JSON.stringify(text)}: ${why}`,
    {
      cause,
    },
  );
}

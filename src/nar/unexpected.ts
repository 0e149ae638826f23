/**
 * What to say of a NAR that has another word than it should.
 *
 * @module
 */
import { toDisplay } from '../bytes/bytes.ts';
import { NarError } from '../errors.ts';
import type { Token } from './token.ts';
import { padding } from './token.ts';

/** No keyword is longer: a longer length field is not one of a keyword. */
const MAX_KEYWORD = 32;

/**
 * Says which word was wrong: the bytes up to there matched one of the expected sequences.
 *
 * @param bytes as many as were expected, or fewer where the archive ends
 * @param start offset of `bytes`
 */
export function unexpected(
  bytes: Uint8Array,
  tokens: readonly Token[],
  start: number,
  path: string,
): NarError {
  let at = 0;
  let expected = tokens.map((token) => token.words[0] as string);
  // Only a single sequence can have matched in part; walk to its first word that differs.
  const [token] = tokens;
  if (tokens.length === 1 && token !== undefined) {
    for (const word of token.words) {
      const end = at + 8 + word.length + padding(word.length);
      expected = [word];
      if (!startsWith(bytes.subarray(at), token.bytes.subarray(at, end))) break;
      at = end;
    }
  }
  const rest = bytes.subarray(at);
  const wanted = expected.map((word) => `'${word}'`).join(' or ');
  if (tokens.some((candidate) => startsWith(candidate.bytes.subarray(at), rest))) {
    const offset = start + bytes.length;
    return new NarError(
      'ERR_NAR_TRUNCATED',
      `the archive ends at offset ${offset}, where ${wanted} is expected in '${path}'`,
      { offset, path },
    );
  }
  const offset = start + at;
  return new NarError(
    'ERR_NAR_SYNTAX',
    `expected ${wanted} at offset ${offset} in '${path}', got ${describe(rest)}`,
    { offset, path },
  );
}

function startsWith(bytes: Uint8Array, expected: Uint8Array): boolean {
  return bytes.length >= expected.length && expected.every((byte, i) => byte === bytes[i]);
}

function describe(bytes: Uint8Array): string {
  const length = bytes[0] ?? 0;
  const isWord =
    bytes.length >= 8 && bytes.subarray(1, 8).every((byte) => byte === 0) && length <= MAX_KEYWORD;
  if (!isWord) return 'something that is no keyword';
  const cut = bytes.length < 8 + length ? '...' : ''; // no more is looked at than what was expected is long
  return `'${toDisplay(bytes.subarray(8, 8 + length))}${cut}'`;
}

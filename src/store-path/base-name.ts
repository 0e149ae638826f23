/**
 * Finding where a base name ends: what reading narinfos spends most of its time with.
 *
 * @module
 */
import { NIX32_ALPHABET } from '../hash/nix32.ts';

const HASH_PART_LENGTH = 32;
/** Longest name, in characters (all are ASCII). */
export const MAX_NAME_LENGTH = 211;

const [DASH, DOT] = ['-', '.'].map((char) => char.charCodeAt(0));
const HASH_CHARS: Uint8Array = table(NIX32_ALPHABET);
const NAME_CHARS: Uint8Array = table('0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-._?=');

/**
 * Where the base name that begins at `start` ends; -1 where there is none, and for names that begin with a
 * dot, about which there are more rules. A table is twice as fast as a regular expression here.
 */
export function endOfBaseName(text: string, start: number): number {
  let at = start;
  for (; at < start + HASH_PART_LENGTH; at++) if (HASH_CHARS[text.charCodeAt(at)] !== 1) return -1;
  if (text.charCodeAt(at) !== DASH) return -1;
  const name = ++at;
  if (text.charCodeAt(name) === DOT) return -1;
  while (NAME_CHARS[text.charCodeAt(at)] === 1) at++;
  return at > name && at - name <= MAX_NAME_LENGTH ? at : -1;
}

/** 1 for each of the characters, by code. */
function table(chars: string): Uint8Array {
  const codes = new Uint8Array(128);
  for (const char of chars) codes[char.charCodeAt(0)] = 1;
  return codes;
}

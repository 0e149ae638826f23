/**
 * Store paths (store-path.md sections 1 and 2).
 *
 * A {@link StorePath} is `<hash part>-<name>` *without* the store directory, as a branded string:
 * it can be compared with `===`, be a key of a `Map`, sorted, and put into JSON.
 *
 * @module
 */
import { ParseError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import { endOfBaseName, MAX_NAME_LENGTH } from './base-name.ts';

declare const brand: unique symbol;

/** `<32 nix32 characters>-<name>`: the base name of a store path, checked. */
export type StorePath = string & { readonly [brand]: 'StorePath' };

/** The directory of a Nix store, absolute, without a trailing slash; part of every hash in it. */
export type StoreDir = string;

/** Where Nix keeps its store unless told otherwise. */
export const DEFAULT_STORE_DIR: StoreDir = '/nix/store';

const HASH_PART = /^[0-9abcdfghijklmnpqrsvwxyz]{32}$/;
const NAME = /^[0-9a-zA-Z+\-._?=]+$/;
/** `.`, `..`, and names that begin with `.-` or `..-` are refused since Nix 2.21. */
const DOTTED = /^\.\.?(-|$)/;

/** Options of {@link parseStorePath}. */
export interface StorePathOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
}

/**
 * Parses a full store path, `<storeDir>/<hash part>-<name>`. One trailing slash is accepted, as by
 * Nix; anything below the path (`/bin/sh`) is not.
 *
 * @throws ParseError `ERR_PARSE_STORE_PATH`
 *
 * @example
 * ```ts
 * import { parseStorePath, printStorePath } from 'narkit/store-path';
 *
 * const path = parseStorePath('/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt');
 * console.log(path); // 8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt
 * console.log(printStorePath(path, '/nix/store')); // /nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt
 * ```
 */
export function parseStorePath(text: string, options: StorePathOptions = {}): StorePath {
  checkOptions('parseStorePath', options, ['storeDir']);
  const storeDir = checkStoreDir(options.storeDir ?? DEFAULT_STORE_DIR);
  const path = text.endsWith('/') ? text.slice(0, -1) : text;
  if (!path.startsWith(`${storeDir}/`)) throw bad(text, `it is not in the store directory '${storeDir}'`);
  return parseBaseName(path.slice(storeDir.length + 1));
}

/**
 * Parses a base name, `<hash part>-<name>`: the form in narinfo `References` and `Deriver`.
 *
 * @throws ParseError `ERR_PARSE_STORE_PATH`
 */
export function parseBaseName(text: string): StorePath {
  // What this accepts, the rules one by one accept too, and need say nothing about.
  if (endOfBaseName(text, 0) === text.length) return text as StorePath;
  if (!HASH_PART.test(text.slice(0, 32))) throw bad(text, 'the hash part must be 32 nix32 characters');
  if (text[32] !== '-') throw bad(text, "'-' must follow the hash part");
  checkPathName(text.slice(33), text);
  return text as StorePath;
}

/** The full path: the inverse of {@link parseStorePath}. */
export function printStorePath(path: StorePath, storeDir: StoreDir = DEFAULT_STORE_DIR): string {
  return `${storeDir}/${path}`;
}

/** The 32 characters before the first dash: the name of the path's narinfo. */
export function hashPart(path: StorePath): string {
  return path.slice(0, 32);
}

/** What follows the hash part and its dash. */
export function pathName(path: StorePath): string {
  return path.slice(33);
}

/** Whether the path is a derivation. */
export function isDerivation(path: StorePath): boolean {
  return path.endsWith('.drv');
}

/** Whether `text` is the hash part of some store path. */
export function isHashPart(text: string): boolean {
  return HASH_PART.test(text);
}

/**
 * Returns `name` when a store path may have it: 1 to 211 of `0-9 a-z A-Z + - . _ ? =`, and the
 * rule for leading dots of Nix 2.21.
 *
 * @throws ParseError `ERR_PARSE_STORE_PATH`
 */
export function checkPathName(name: string, context: string = name): string {
  if (name === '') throw bad(context, 'the name is empty');
  if (name.length > MAX_NAME_LENGTH)
    throw bad(context, `the name is longer than ${MAX_NAME_LENGTH} characters`);
  if (!NAME.test(name)) throw bad(context, 'the name has characters other than 0-9 a-z A-Z + - . _ ? =');
  if (DOTTED.test(name)) throw bad(context, "the name is '.' or '..', or begins with '.-' or '..-'");
  return name;
}

/**
 * Returns `storeDir` when it is an absolute, canonical path.
 *
 * @throws ParseError `ERR_PARSE_STORE_PATH`
 */
export function checkStoreDir(storeDir: string): StoreDir {
  if (storeDir === DEFAULT_STORE_DIR) return storeDir;
  const segments = storeDir.split('/');
  const canonical =
    segments[0] === '' &&
    segments.length > 1 &&
    segments.slice(1).every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  if (!canonical || /[\0\n;,]/.test(storeDir)) {
    throw new ParseError(
      'ERR_PARSE_STORE_PATH',
      `invalid store directory ${JSON.stringify(storeDir)}: it must be absolute, canonical and without a trailing slash`,
      { field: 'storeDir' },
    );
  }
  return storeDir;
}

function bad(text: string, why: string): ParseError {
  const shown = text.length > 300 ? `${text.slice(0, 300)}...` : text;
  return new ParseError('ERR_PARSE_STORE_PATH', `invalid store path ${JSON.stringify(shown)}: ${why}`);
}

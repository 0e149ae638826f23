/**
 * What is odd about the value of one narinfo field (narinfo.md section 3).
 *
 * @module
 */
import { toBase64 } from '../bytes/bytes.ts';
import { HASH_SIZES, type Hash, parseHash, printHash } from '../hash/hash.ts';
import { parseSignature } from '../signature/signature.ts';
import { parseContentAddress } from '../store-path/content-address.ts';
import type { StoreDir } from '../store-path/store-path.ts';
import { parseBaseName } from '../store-path/store-path.ts';
import type { NarInfoQuirkCode } from './quirk.ts';

/** The names that Nix knows (store-protocols.md section 4). */
const COMPRESSIONS = new Set('none br bzip2 compress grzip gzip lrzip lz4 lzip lzma lzop xz zstd'.split(' '));
const U64_MAX = 2n ** 64n - 1n;

/** Codes of all that is odd about one value, as Nix sees it. */
export function lintValue(name: string, value: string, storeDir: StoreDir): NarInfoQuirkCode[] {
  switch (name) {
    case 'StorePath':
      return lintStorePath(value, storeDir);
    case 'Compression':
      return value === '' || COMPRESSIONS.has(value) ? [] : ['unknown-compression'];
    case 'FileHash':
    case 'NarHash':
      return lintHash(value);
    case 'FileSize':
    case 'NarSize':
      return lintSize(value);
    case 'References':
      return lintReferences(value);
    case 'Deriver':
      return value === 'unknown-deriver' ? ['unknown-deriver'] : lintBaseName(value, 'deriver-invalid');
    case 'Sig':
      return lintSignature(value);
    case 'CA':
      return lintContentAddress(value);
    default:
      return [];
  }
}

/** The absolute path without doubled slashes and dots: how Nix reads a `StorePath`. */
export function canonicalPath(text: string): string | undefined {
  if (!text.startsWith('/')) return undefined;
  const out: string[] = [];
  for (const segment of text.split('/')) {
    if (segment === '..') out.pop();
    else if (segment !== '' && segment !== '.') out.push(segment);
  }
  return `/${out.join('/')}`;
}

function lintStorePath(value: string, storeDir: StoreDir): NarInfoQuirkCode[] {
  const path = canonicalPath(value);
  if (!path?.startsWith(`${storeDir}/`)) return ['store-path-invalid'];
  const name = lintBaseName(path.slice(storeDir.length + 1), 'store-path-invalid');
  return path === value ? name : ['store-path-form', ...name];
}

function lintBaseName(value: string, invalid: NarInfoQuirkCode): NarInfoQuirkCode[] {
  if (isBaseName(value)) return [];
  // Nix up to 2.34 does not look at the character after the hash part.
  const dashed = value.replace(/^(.{32})[^-/]/, '$1-');
  if (dashed !== value && isBaseName(dashed)) return ['path-dash'];
  // The rule for dots is younger than the others: with another first character only it can be broken.
  return /^.{32}-\.\.?(-|$)/.test(value) && isBaseName(value.replace(/^(.{33})\.\.?/, '$1x'))
    ? ['name-dots']
    : [invalid];
}

function isBaseName(value: string): boolean {
  return succeeds(() => parseBaseName(value));
}

function lintHash(value: string): NarInfoQuirkCode[] {
  const hash = attempt(() => parseHash(value));
  if (hash === undefined) return ['hash-invalid'];
  return lintParsedHash(hash, value);
}

function lintParsedHash(hash: Hash, text: string): NarInfoQuirkCode[] {
  const codes: NarInfoQuirkCode[] = [];
  if (hash.algo === 'blake3') codes.push('hash-blake3');
  else if (hash.algo !== 'sha256') codes.push('hash-not-sha256');
  if (text === printHash(hash, 'nix32')) return codes;
  const digest = text.slice(text.indexOf(':') + 1);
  if (!text.includes(':')) codes.push('hash-sri');
  else codes.push(digest.length === 2 * HASH_SIZES[hash.algo] ? 'hash-base16' : 'hash-base64');
  return codes;
}

function lintSize(value: string): NarInfoQuirkCode[] {
  if (!/^\+?[0-9]+$/.test(value)) return ['size-invalid'];
  const digits = value.replace(/^\+?0*(?=[0-9])/, '');
  // Twenty digits are the most that 64 bits take: no long number is ever computed.
  if (digits.length > 20 || BigInt(digits) > U64_MAX) return ['size-invalid'];
  const codes: NarInfoQuirkCode[] = digits === value ? [] : ['size-form'];
  if (!Number.isSafeInteger(Number(digits))) codes.push('size-huge');
  return codes;
}

function lintReferences(value: string): NarInfoQuirkCode[] {
  const names = value.split(' ').filter((name) => name !== '');
  const codes = new Set<NarInfoQuirkCode>();
  if (names.join(' ') !== value) codes.add('references-spaces');
  if (new Set(names).size < names.length) codes.add('references-duplicate');
  if (names.some((name, at) => at > 0 && name < (names[at - 1] as string))) codes.add('references-unsorted');
  for (const name of names) {
    for (const code of lintBaseName(name, 'references-invalid')) codes.add(code);
    if (codes.has('references-invalid')) break; // one is enough, and a megabyte of them is slow
  }
  return [...codes];
}

function lintSignature(value: string): NarInfoQuirkCode[] {
  const signature = attempt(() => parseSignature(value));
  if (signature === undefined) return ['sig-malformed'];
  const codes: NarInfoQuirkCode[] = signature.sig.length === 64 ? [] : ['sig-length'];
  if (value !== `${signature.keyName}:${toBase64(signature.sig)}`) codes.push('sig-form');
  return codes;
}

function lintContentAddress(value: string): NarInfoQuirkCode[] {
  if (value === '') return ['ca-empty'];
  const prefix = /^(text:|fixed:git:|fixed:r:|fixed:)/.exec(value)?.[0] ?? '';
  const digest = value.slice(prefix.length);
  const hash = prefix !== '' && digest.includes(':') ? attempt(() => parseHash(digest)) : undefined;
  if (prefix === 'fixed:git:') return ['ca-git'];
  if (hash === undefined) return ['ca-invalid'];
  const codes = lintParsedHash(hash, digest);
  return succeeds(() => parseContentAddress(value)) ? codes : ['ca-text-algorithm', ...codes];
}

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

function succeeds(parse: () => unknown): boolean {
  return attempt(() => [parse()]) !== undefined;
}

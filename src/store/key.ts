/**
 * The one check of object keys, used by every store and by the HTTP handler.
 *
 * @module
 */
import { StoreError } from '../errors.ts';

/** Longest key: what S3 allows, in UTF-8 bytes. */
const MAX_KEY_BYTES = 1024;

/** Keys as caches have them, found good at one look; ASCII, so that characters are bytes. */
const PLAIN = /^[\w+=-][\w.+=-]*(?:\/[\w+=-][\w.+=-]*)*$/;

/**
 * Returns `key` when it is a relative, `/`-separated name without empty, `.` or `..` segments,
 * without NUL and backslash, and at most 1024 bytes long.
 *
 * @throws StoreError `ERR_STORE_KEY`
 */
export function checkKey(key: string, operation: StoreError['operation']): string {
  const bad = problem(key);
  if (bad !== undefined) {
    throw new StoreError('ERR_STORE_KEY', `bad object key ${JSON.stringify(key)}: ${bad}`, {
      operation,
      key,
    });
  }
  return key;
}

function problem(key: string): string | undefined {
  if (typeof key !== 'string') return 'not a string';
  if (key.length <= MAX_KEY_BYTES && PLAIN.test(key)) return undefined;
  if (key === '') return 'empty';
  if (key.includes('\0') || key.includes('\\')) return 'NUL and backslash are not allowed';
  if (!key.isWellFormed()) return 'not well-formed Unicode';
  if (new TextEncoder().encode(key).length > MAX_KEY_BYTES) return `longer than ${MAX_KEY_BYTES} bytes`;
  for (const segment of key.split('/')) {
    if (segment === '') return 'empty segment';
    if (segment === '.' || segment === '..') return `segment '${segment}'`;
  }
  return undefined;
}

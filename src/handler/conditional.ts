/**
 * `Range`, `If-Range` and `If-None-Match` (RFC 9110 sections 13 and 14).
 *
 * @module
 */
import type { ObjectInfo } from '../store/store.ts';

/** What part of an object a request wants. */
export type Wanted = 'all' | 'unsatisfiable' | { readonly start: number; readonly end: number };

/** Whether the client has the object already, so that 304 is the answer. */
export function isKnown(headers: Headers, info: ObjectInfo): boolean {
  const field = headers.get('if-none-match');
  if (field === null) return false;
  if (field.trim() === '*') return true;
  // Weak comparison: for 304 only the tag's text counts.
  return info.etag !== undefined && tags(field).some((tag) => tag === withoutWeak(info.etag as string));
}

/** Whether a put is to happen only where there is nothing yet. */
export function isCreateOnly(headers: Headers): boolean {
  return headers.get('if-none-match')?.trim() === '*';
}

/** The part that `Range` asks for: a single range of bytes; all else is answered with everything. */
export function wantedRange(headers: Headers, info: ObjectInfo): Wanted {
  const { size } = info;
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(headers.get('range') ?? '');
  if (match === null || size === undefined || !isSame(headers.get('if-range'), info)) return 'all';
  const [, first, last] = match as unknown as [string, string, string];
  if (first === '' && last === '') return 'all';
  if (first === '') {
    const count = Math.min(Number(last), size);
    return count === 0 ? 'unsatisfiable' : { start: size - count, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return 'all';
  return start >= size ? 'unsatisfiable' : { start, end };
}

/** Whether any field makes the answer depend on what the object is. */
export function isConditional(headers: Headers): boolean {
  return headers.has('range') || headers.has('if-none-match');
}

/** Strong comparison of `If-Range`: a weak tag never matches. */
function isSame(validator: string | null, info: ObjectInfo): boolean {
  if (validator === null) return true;
  if (validator.startsWith('"')) return validator === info.etag;
  return info.lastModified !== undefined && validator === info.lastModified.toUTCString();
}

function tags(field: string): string[] {
  return [...field.matchAll(/(?:W\/)?("[^"]*")/g)].map((match) => match[1] as string);
}

function withoutWeak(tag: string): string {
  return tag.replace(/^W\//, '');
}

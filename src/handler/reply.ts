/**
 * Short answers, and what the world is told of an error: its class, never its text.
 *
 * @module
 */

import { mimeType } from '../cache/mime.ts';
import { isNarkitError } from '../errors.ts';
import type { ObjectInfo } from '../store/store.ts';

/** A plain-text answer. */
export function textReply(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(`${text}\n`, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', ...headers },
  });
}

/** There is no such object. Cached briefly: it may be uploaded any moment. */
export function notFound(): Response {
  return textReply(404, 'no such object', { 'cache-control': 'public, max-age=10' });
}

/** The header fields of an object. */
export function objectHeaders(info: ObjectInfo): Headers {
  const type = mimeType(info.key);
  const headers = new Headers({
    'content-type': type === 'application/octet-stream' ? (info.contentType ?? type) : type,
    'cache-control': cacheControl(info.key),
    'accept-ranges': 'bytes',
    // Uploaded text must not become a page of this origin.
    'x-content-type-options': 'nosniff',
  });
  if (info.size !== undefined) headers.set('content-length', String(info.size));
  if (info.etag !== undefined) headers.set('etag', info.etag);
  if (info.lastModified !== undefined) headers.set('last-modified', info.lastModified.toUTCString());
  return headers;
}

/** NARs are named by their hash; everything else may gain signatures or be replaced. */
function cacheControl(key: string): string {
  return key.startsWith('nar/') ? 'public, max-age=31536000, immutable' : 'public, max-age=300';
}

/** The answer to a request that failed. */
export function errorReply(err: unknown): Response {
  if (isNarkitError(err, 'ERR_STORE_KEY')) return textReply(400, 'bad object name');
  if (isNarkitError(err, 'ERR_SIZE_MISMATCH')) return textReply(400, 'the body is not as long as announced');
  if (isNarkitError(err, 'ERR_STORE_UNAVAILABLE')) {
    return textReply(503, 'the store behind this cache is not available', { 'retry-after': '5' });
  }
  if (isNarkitError(err)) return textReply(502, 'the store behind this cache failed');
  return textReply(500, 'internal error');
}

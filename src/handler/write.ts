/**
 * PUT and DELETE, as `nix copy --to http://...` sends them.
 *
 * @module
 */

import { mimeType } from '../cache/mime.ts';
import type { WritableStore } from '../store/store.ts';
import { isCreateOnly } from './conditional.ts';
import { textReply } from './reply.ts';

/** Stores the body, all or nothing: 201 for a new object, 204 for a replaced one. */
export async function answerPut(store: WritableStore, key: string, request: Request): Promise<Response> {
  const { headers, signal } = request;
  const refusal = refused(headers);
  if (refusal !== undefined) return refusal;
  const ifAbsent = isCreateOnly(headers);
  const replaces = !ifAbsent && (await store.head(key, { signal })) !== undefined;
  const size = announcedSize(headers);
  const type = mimeType(key);
  const contentType = type === 'application/octet-stream' ? (headers.get('content-type') ?? type) : type;
  const result = await store.put(key, request.body ?? new Uint8Array(), {
    signal,
    contentType,
    ...(size !== undefined && { size }),
    ...(ifAbsent && { ifAbsent }),
  });
  if (result.outcome === 'present') return textReply(412, 'the object exists');
  const fields = { 'cache-control': 'no-store', ...(result.etag !== undefined && { etag: result.etag }) };
  return new Response(null, { status: replaces ? 204 : 201, headers: fields });
}

/** Removes the object; it makes no difference whether there was one. */
export async function answerDelete(store: WritableStore, key: string, request: Request): Promise<Response> {
  await store.delete(key, { signal: request.signal });
  return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } });
}

/** What would be stored wrongly if it were ignored (RFC 9110 sections 8.4, 13.1.1 and 14.4). */
function refused(headers: Headers): Response | undefined {
  if (headers.has('content-range')) return textReply(400, 'an object is written as a whole');
  if (!/^(identity)?$/i.test(headers.get('content-encoding') ?? '')) {
    return textReply(415, 'objects are stored as they are: send no Content-Encoding');
  }
  const condition = headers.get('if-none-match');
  if (headers.has('if-match') || (condition !== null && condition.trim() !== '*')) {
    return textReply(501, 'the only condition on a write is If-None-Match: *');
  }
  return undefined;
}

function announcedSize(headers: Headers): number | undefined {
  const field = headers.get('content-length');
  return field !== null && /^\d+$/.test(field) ? Number(field) : undefined;
}

/**
 * GET and HEAD.
 *
 * @module
 */
import type { ObjectInfo, ReadableStore } from '../store/store.ts';
import { isConditional, isKnown, wantedRange } from './conditional.ts';
import { notFound, objectHeaders, textReply } from './reply.ts';

/** Answers a GET; `undefined` where there is no such object. */
export async function answerGet(
  store: ReadableStore,
  key: string,
  request: Request,
): Promise<Response | undefined> {
  const { headers, signal } = request;
  if (!isConditional(headers)) return whole(store, key, signal);
  const info = await store.head(key, { signal });
  if (info === undefined) return undefined;
  if (isKnown(headers, info)) return notModified(info);
  const wanted = wantedRange(headers, info);
  if (wanted === 'all') return whole(store, key, signal);
  if (wanted === 'unsatisfiable') {
    return textReply(416, 'the object is shorter', { 'content-range': `bytes */${info.size}` });
  }
  const object = await store.get(key, { range: wanted, signal });
  if (object === undefined) return notFound();
  const { range, body, size = info.size } = object;
  const fields = objectHeaders({ ...object, size });
  // A store may answer a range with everything.
  if (range === undefined) return new Response(body, { headers: fields });
  fields.set('content-range', `bytes ${range.start}-${range.end}/${size}`);
  fields.set('content-length', String(range.end - range.start + 1));
  return new Response(body, { status: 206, headers: fields });
}

/** Answers a HEAD as the GET would be, without the body; a range is no concern of HEAD. */
export async function answerHead(
  store: ReadableStore,
  key: string,
  request: Request,
): Promise<Response | undefined> {
  const info = await store.head(key, { signal: request.signal });
  if (info === undefined) return undefined;
  if (isKnown(request.headers, info)) return notModified(info);
  return new Response(null, { headers: objectHeaders(info) });
}

async function whole(store: ReadableStore, key: string, signal: AbortSignal): Promise<Response | undefined> {
  const object = await store.get(key, { signal });
  return object && new Response(object.body, { headers: objectHeaders(object) });
}

function notModified(info: ObjectInfo): Response {
  const headers = objectHeaders(info);
  headers.delete('content-length');
  headers.delete('content-type');
  return new Response(null, { status: 304, headers });
}

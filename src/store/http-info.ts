/**
 * What the header of an answer says about an object.
 *
 * @module
 */
import { StoreError, UnsupportedError } from '../errors.ts';
import type { Doing } from './http-status.ts';
import type { ObjectInfo } from './store.ts';

/** The part of an object that a 206 answer holds. */
export interface ContentRange {
  readonly start: number;
  readonly end: number;
  /** Size of the whole object, where the server says it. */
  readonly total: number | undefined;
}

/** Whether the body comes as it is stored, so that lengths and ranges speak of its bytes. */
export function isPlain(response: Response): boolean {
  const encoding = response.headers.get('content-encoding') ?? '';
  return /^\s*(identity)?\s*$/i.test(encoding);
}

/**
 * Refuses a body in an encoding that `fetch` hands out undecoded: nobody further on would know.
 *
 * @throws UnsupportedError
 */
export function checkEncoding(doing: Doing, response: Response): void {
  for (const name of (response.headers.get('content-encoding') ?? '').toLowerCase().split(',')) {
    if (!['', 'identity', 'gzip', 'x-gzip', 'deflate', 'br'].includes(name.trim())) {
      response.body?.cancel().catch(() => {});
      throw new UnsupportedError(
        `${doing.what}: the answer has Content-Encoding '${name.trim()}', which fetch does not decode; ` +
          'store the object as it is, or with gzip or br',
        { feature: `content encoding ${name.trim()}` },
      );
    }
  }
}

/** Size of the body announced, in bytes; `undefined` where it is not, or is that of an encoded form. */
export function contentLength(response: Response): number | undefined {
  const field = response.headers.get('content-length');
  if (field === null || !/^\d+$/.test(field) || !isPlain(response)) return undefined;
  return Number(field);
}

/** What is known of the object; `size` is that of the whole object, also in a 206 answer. */
export function infoOf(key: string, response: Response, size: number | undefined): ObjectInfo {
  const etag = response.headers.get('etag');
  const modified = Date.parse(response.headers.get('last-modified') ?? '');
  const contentType = response.headers.get('content-type');
  return {
    key,
    size,
    ...(etag !== null && { etag }),
    ...(!Number.isNaN(modified) && { lastModified: new Date(modified) }),
    ...(contentType !== null && { contentType }),
  };
}

/**
 * The `Content-Range` of a 206 answer.
 *
 * @throws StoreError `ERR_STORE_FAILED` where it is missing, or does not begin at `start`.
 */
export function contentRange(doing: Doing, response: Response, start: number | undefined): ContentRange {
  const field = response.headers.get('content-range') ?? '';
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(field.trim());
  const range = match && { start: Number(match[1]), end: Number(match[2]) };
  if (!range || range.start !== start || range.end < range.start) {
    response.body?.cancel().catch(() => {});
    const asked = start === undefined ? 'no range was' : `a range from byte ${start} was`;
    throw new StoreError(
      'ERR_STORE_FAILED',
      `${doing.what}: ${asked} asked for, the answer is 206 with Content-Range '${field}'`,
      { operation: doing.operation, key: doing.key, status: 206 },
    );
  }
  return { ...range, total: match[3] === '*' ? undefined : Number(match[3]) };
}

/**
 * `HttpStore.get`: the object, the range, and how to go on after a broken connection.
 *
 * @module
 */
import { isNarkitError, StoreError } from '../errors.ts';
import { BodyPart, streamBody } from './http-body.ts';
import type { HttpClient, HttpRequest } from './http-client.ts';
import { checkEncoding, contentLength, contentRange, infoOf, isPlain } from './http-info.ts';
import { networkError } from './http-status.ts';
import { beyondEnd, checkRange } from './range.ts';
import { withRetry } from './retry.ts';
import type { GetOptions, StoredObject } from './store.ts';

/** Opens the object of a key, or at an address; `undefined` where the server has none. */
export async function getObject(
  client: HttpClient,
  key: string,
  options: GetOptions,
  address?: string,
): Promise<StoredObject | undefined> {
  const { range, signal } = options;
  checkRange(range);
  const { missingStatuses, stallTimeoutMs } = client.settings;
  const request: HttpRequest = { operation: 'get', method: 'GET', key, address, signal };
  const doing = client.call(request);
  const answer = await client.send({
    ...request,
    ...(range !== undefined && { headers: { range: `bytes=${range.start}-${range.end ?? ''}` } }),
    accepted: range === undefined ? missingStatuses : [...missingStatuses, 416],
  });
  const { response, deadline } = answer;
  if (!response.ok) {
    deadline.end();
    response.body?.cancel().catch(() => {});
    if (response.status !== 416 || range === undefined) return undefined;
    const total = /^bytes \*\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
    throw beyondEnd(key, range.start, total === undefined ? undefined : Number(total));
  }
  checkEncoding(doing, response);
  const held = response.status === 206 ? contentRange(doing, response, range?.start) : undefined;
  const length = held === undefined ? contentLength(response) : held.end - held.start + 1;
  const ranges = held !== undefined || response.headers.get('accept-ranges')?.toLowerCase() === 'bytes';
  const info = infoOf(key, response, held === undefined ? length : held.total);
  const reopen = (offset: number): Promise<BodyPart> =>
    reopenAt(client, request, {
      offset: (held?.start ?? 0) + offset,
      end: held?.end,
      size: info.size,
      etag: info.etag,
    });
  const body = streamBody({
    doing,
    part: new BodyPart(answer, stallTimeoutMs),
    length,
    reopen: ranges && isPlain(response) ? reopen : undefined,
    signal,
  });
  return { ...info, body, ...(held !== undefined && { range: { start: held.start, end: held.end } }) };
}

/** Where a broken body goes on, and what tells that it is still the same object. */
interface Resume {
  /** First byte wanted, counted from the start of the object. */
  readonly offset: number;
  /** Last byte wanted. */
  readonly end: number | undefined;
  readonly size: number | undefined;
  readonly etag: string | undefined;
}

/**
 * The rest of the object, with its first byte at hand: an answer counts only once a byte of it has
 * come, so every success is progress, and trying again and again comes to an end.
 */
function reopenAt(client: HttpClient, request: HttpRequest, resume: Resume): Promise<BodyPart> {
  const { offset, end, etag } = resume;
  // RFC 9110 section 13.1.5: If-Range takes strong tags only.
  const strong = etag?.startsWith('"') ? etag : undefined;
  const headers = { range: `bytes=${offset}-${end ?? ''}`, ...(strong && { 'if-range': strong }) };
  const { retry, stallTimeoutMs } = client.settings;
  return withRetry(
    async (attempt) => {
      const accepted = [404, 410, 412, 416];
      const answer = await client.sendOnce({ ...request, headers, accepted }, attempt);
      const doing = client.call(request, attempt);
      const part = new BodyPart(answer, stallTimeoutMs);
      try {
        const ahead = bytesAhead(answer.response, resume, strong !== undefined);
        if (ahead === undefined) throw changed(doing.what, request.key);
        await part.skip(ahead);
        return part;
      } catch (err) {
        part.cancel();
        request.signal?.throwIfAborted();
        throw isNarkitError(err, 'ERR_STORE_FAILED') ? err : networkError(doing, err, 'no answer to a range');
      }
    },
    retry,
    request.signal,
  );
}

/**
 * How many bytes come before the wanted one, or `undefined` where this is not the rest of the same
 * object: the server may have ignored the range (only a strong tag proves that the whole object it
 * sends instead is the same), or the object was replaced.
 */
function bytesAhead(response: Response, resume: Resume, strong: boolean): number | undefined {
  const etag = response.headers.get('etag') ?? undefined;
  if (!isPlain(response) || (etag !== undefined && resume.etag !== undefined && etag !== resume.etag)) {
    return undefined;
  }
  if (response.status === 200) return strong && etag === resume.etag ? resume.offset : undefined;
  if (response.status !== 206) return undefined;
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/i.exec(response.headers.get('content-range') ?? '');
  if (match === null || Number(match[1]) !== resume.offset) return undefined;
  const total = match[2] === '*' ? undefined : Number(match[2]);
  return total !== undefined && resume.size !== undefined && total !== resume.size ? undefined : 0;
}

function changed(what: string, key: string): StoreError {
  return new StoreError(
    'ERR_STORE_FAILED',
    `${what}: the connection broke, and the rest cannot be had: the object was replaced, or the server ignores ranges`,
    { operation: 'get', key, retryable: true },
  );
}

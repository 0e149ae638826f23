/**
 * What an HTTP answer means to a store.
 *
 * | status | head, get | put | delete |
 * |---|---|---|---|
 * | 2xx | found | stored | removed |
 * | 404, 410 | absent | failed | removed |
 * | 403 | absent (`missingStatuses`) | denied | denied |
 * | 401, 407 | denied | denied | denied |
 * | 412 to `ifAbsent` | | present | |
 * | 408, 429, 5xx but 501, 505, 511 | tried again, then unavailable | same | same |
 * | others | failed | failed | failed |
 *
 * The classes of answers are those of current Nix (store-protocols.md section 6). Node's `fetch` keeps
 * 407 to itself and reports a network error.
 *
 * @module
 */
import { isNarkitError, StoreError } from '../errors.ts';
import { Transient } from './retry.ts';

/** What is being done, for errors. */
export interface Doing {
  readonly operation: StoreError['operation'];
  readonly key: string;
  /** Method and URL without credentials, such as `GET https://cache.example.org/nix-cache-info`. */
  readonly what: string;
}

/** Whether the same request may succeed later. */
export function isTransientStatus(status: number): boolean {
  if (status === 408 || status === 429) return true;
  return status >= 500 && status !== 501 && status !== 505 && status !== 511;
}

/**
 * The error for an answer that is none of the expected ones; reads a little of the body for the
 * server's reason, and lets go of the rest.
 */
export async function statusError(doing: Doing, response: Response): Promise<StoreError | Transient> {
  const { status } = response;
  const reason = await reasonOf(response);
  const error = (
    code: 'ERR_STORE_DENIED' | 'ERR_STORE_UNAVAILABLE' | 'ERR_STORE_FAILED',
    hint = '',
  ): StoreError =>
    new StoreError(code, `${doing.what}: the server answered ${status}${reason}${hint}`, {
      operation: doing.operation,
      key: doing.key,
      status,
    });
  if (status === 401 || status === 403 || status === 407) {
    return error('ERR_STORE_DENIED', '; check the credentials and what they may do');
  }
  if (!isTransientStatus(status)) return error('ERR_STORE_FAILED');
  return new Transient(error('ERR_STORE_UNAVAILABLE'), {
    retryAfterMs: retryAfterMs(response.headers.get('retry-after'), Date.now()),
    overloaded: status === 429 || status === 503,
  });
}

/** The error for a request that got no answer, or whose answer broke off. */
export function networkError(doing: Doing, err: unknown, what = 'no answer'): Transient {
  if (err instanceof Transient) return err;
  const failure = isNarkitError(err, 'ERR_STORE_UNAVAILABLE')
    ? (err as StoreError)
    : new StoreError('ERR_STORE_UNAVAILABLE', `${doing.what}: ${what} (${describe(err)})`, {
        operation: doing.operation,
        key: doing.key,
        cause: err,
      });
  return new Transient(failure);
}

/** Milliseconds of a `Retry-After` field: seconds or a date; 0 where there is none. */
export function retryAfterMs(field: string | null, now: number): number {
  if (field === null) return 0;
  if (/^\s*\d+\s*$/.test(field)) return Number(field) * 1000;
  const date = Date.parse(field);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}

/** The innermost text says most: `fetch failed` hides `connect ECONNREFUSED`. */
function describe(err: unknown): string {
  let text = '';
  for (let at = err; at instanceof Error; at = at.cause) {
    const code = 'code' in at && typeof at.code === 'string' ? at.code : '';
    text = at.message || code || text;
  }
  return text || String(err);
}

/** Longest part of an error answer that is read, in bytes. */
const REASON_LIMIT = 1024;

async function reasonOf(response: Response): Promise<string> {
  const type = response.headers.get('content-type') ?? '';
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  try {
    if (!/^(text\/plain|application\/(json|xml))|^text\/xml/.test(type)) return '';
    const step = await reader.read();
    const text = new TextDecoder().decode(step.value?.subarray(0, REASON_LIMIT));
    const line = text.replace(/[\p{C}\s]+/gu, ' ').trim();
    return line === '' ? '' : `: ${line.slice(0, 200)}`;
  } catch {
    return '';
  } finally {
    reader.cancel().catch(() => {});
  }
}

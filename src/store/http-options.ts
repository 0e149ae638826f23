/**
 * The options of `HttpStore`, checked, with their defaults; and the credentials in its URL.
 *
 * @module
 */
import { toBase64, utf8 } from '../bytes/bytes.ts';
import { checkOptions } from '../options.ts';
import type { Fetch } from './http-exchange.ts';
import { type RetryOptions, type RetryPlan, retryPlan } from './retry.ts';

/** Header fields by name. */
export type HeaderFields = Readonly<Record<string, string>>;

/** Options of {@link HttpStore}. */
export interface HttpStoreOptions {
  /**
   * What sends the requests: a `fetch` with a proxy or client certificate, or a handler in this
   * very process. @default the global `fetch`
   */
  fetch?: (request: Request) => Promise<Response>;
  /**
   * Header fields of every request, such as `{ authorization: 'Bearer ...' }`; a function is asked
   * again for every request, retries included, so that a token can be renewed. Redirects to
   * another host lose `authorization`, but no other field. @default none
   */
  headers?: HeaderFields | (() => HeaderFields | Promise<HeaderFields>);
  /** How often, and how soon, transient failures are retried. @default 5 attempts, 250 ms doubling up to 60 s */
  retry?: RetryOptions;
  /** Milliseconds until the header of the answer to a request without a body. @default 15000 */
  timeoutMs?: number;
  /**
   * Milliseconds without a byte of a body being received or taken for sending; also how long
   * the answer to an upload may take. @default 300000
   */
  stallTimeoutMs?: number;
  /**
   * Largest streamed body, in bytes, that a put holds in memory, to send it with its length and to
   * send it again if that fails. Larger ones are streamed, once. @default 8388608 (8 MiB)
   */
  bufferLimit?: number;
  /**
   * Answers to head and get that mean "absent". 403 is among them because that is how Nix reads
   * buckets that may not be listed; leave it out to have it reported as `ERR_STORE_DENIED`.
   * @default [404, 410, 403]
   */
  missingStatuses?: readonly number[];
}

/** Options with all defaults filled in. */
export interface HttpSettings {
  /** Without credentials and without a slash at the end. */
  readonly base: string;
  readonly send: Fetch;
  /** The fields of one request, credentials of the URL included. */
  readonly headers: () => Promise<Headers>;
  readonly retry: RetryPlan;
  readonly timeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly bufferLimit: number;
  readonly missingStatuses: readonly number[];
}

const OPTIONS = [
  'fetch',
  'headers',
  'retry',
  'timeoutMs',
  'stallTimeoutMs',
  'bufferLimit',
  'missingStatuses',
];

/**
 * @throws TypeError for a URL that is not http(s), or has a query or a fragment, and for unknown options.
 * @throws RangeError for numbers that make no sense.
 */
export function httpSettings(url: string | URL, options: HttpStoreOptions): HttpSettings {
  checkOptions('HttpStore', options, OPTIONS);
  checkOptions('HttpStore retry', options.retry, ['attempts', 'minDelayMs', 'maxDelayMs']);
  const { timeoutMs = 15_000, stallTimeoutMs = 300_000, bufferLimit = 8 * 1024 * 1024 } = options;
  for (const [name, value] of Object.entries({ timeoutMs, stallTimeoutMs, bufferLimit })) {
    // setTimeout fires at once where a delay does not fit into 31 bits.
    if (!(value >= 0 && value < 2 ** 31)) throw new RangeError(`HttpStore: bad ${name} ${value}`);
  }
  const { base, authorization } = splitCredentials(url);
  return {
    base,
    send: options.fetch ?? ((request) => fetch(request)),
    headers: async () => {
      const given = typeof options.headers === 'function' ? await options.headers() : options.headers;
      return headersOf({ ...(authorization !== undefined && { authorization }), ...given });
    },
    retry: retryPlan(options.retry),
    timeoutMs,
    stallTimeoutMs,
    bufferLimit,
    missingStatuses: options.missingStatuses ?? [404, 410, 403],
  };
}

/** `Headers` whose errors do not quote the value, for it may be a secret. */
function headersOf(fields: HeaderFields): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) {
    try {
      headers.set(name, value);
    } catch {
      throw new TypeError(`HttpStore: header field ${JSON.stringify(name)} has a bad name or value`);
    }
  }
  return headers;
}

function splitCredentials(input: string | URL): { base: string; authorization: string | undefined } {
  const url = URL.parse(String(input));
  // The text is not quoted: what cannot be parsed may hold a password in any place.
  if (url === null) throw new TypeError('HttpStore: not a URL');
  const { username, password } = url;
  url.username = '';
  url.password = '';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`HttpStore: expected an http or https URL, got ${url.protocol}`);
  }
  if (url.search !== '' || url.hash !== '') {
    throw new TypeError(`HttpStore: ${url.origin}${url.pathname} must have neither query nor fragment`);
  }
  const base = url.href.replace(/\/+$/, '');
  if (username === '' && password === '') return { base, authorization: undefined };
  const pair = `${decode(username)}:${decode(password)}`;
  return { base, authorization: `Basic ${toBase64(utf8(pair))}` };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

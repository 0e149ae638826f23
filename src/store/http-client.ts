/**
 * Sends the requests of an `HttpStore`: addresses, header fields, retries, and what is an error.
 *
 * @module
 */
import type { StoreError } from '../errors.ts';
import { type Call, type Exchange, exchange } from './http-exchange.ts';
import type { HeaderFields, HttpSettings } from './http-options.ts';
import { statusError } from './http-status.ts';
import { checkKey } from './key.ts';
import { withRetry } from './retry.ts';

/** A request, without what the client adds. */
export interface HttpRequest {
  readonly operation: StoreError['operation'];
  readonly method: Call['method'];
  /** Of the object; where `address` is given, only a name for messages. */
  readonly key: string;
  /** Absolute URL, where the object is not at the place of its key. */
  readonly address?: string | undefined;
  readonly headers?: HeaderFields;
  readonly body?: Call['body'];
  readonly signal?: AbortSignal | undefined;
  /** Statuses to hand back, besides 2xx; all others are thrown. */
  readonly accepted?: readonly number[];
}

/** The connection to one server. */
export class HttpClient {
  readonly settings: HttpSettings;

  constructor(settings: HttpSettings) {
    this.settings = settings;
  }

  /** Sends the request, again after transient failures, unless its body can be read only once. */
  async send(request: HttpRequest): Promise<Exchange> {
    const { retry } = this.settings;
    const plan = typeof request.body === 'function' ? { ...retry, attempts: 1 } : retry;
    return withRetry((attempt) => this.sendOnce(request, attempt), plan, request.signal);
  }

  /**
   * Sends the request once.
   *
   * @throws Transient what another try may mend; StoreError the rest.
   */
  async sendOnce(request: HttpRequest, attempt = 1): Promise<Exchange> {
    const call = this.call(request, attempt);
    const headers = await this.#headers(call.url);
    for (const [name, value] of Object.entries(request.headers ?? {})) headers.set(name, value);
    // Compressed on the way, a NAR would have neither a length nor ranges.
    if (request.body === undefined) headers.set('accept-encoding', 'identity');
    const answer = await exchange(this.settings.send, call, headers);
    const { status, ok } = answer.response;
    if (ok || request.accepted?.includes(status)) return answer;
    // The clock goes on, so that a hanging reason cannot hold up the error.
    answer.deadline.start(this.settings.timeoutMs);
    const error = await statusError(call, answer.response);
    answer.deadline.end();
    throw error;
  }

  /** The request as sent, and its description for errors. */
  call(request: HttpRequest, attempt = 1): Call {
    const { operation, method, key, address, body, signal } = request;
    const { base, timeoutMs, stallTimeoutMs } = this.settings;
    const url = address ?? `${base}/${checkKey(key, operation).split('/').map(encodeURIComponent).join('/')}`;
    const what = `${method} ${url}${attempt > 1 ? ` (attempt ${attempt})` : ''}`;
    const patienceMs = body === undefined ? timeoutMs : stallTimeoutMs;
    return { operation, key, method, url, what, patienceMs, signal, ...(body !== undefined && { body }) };
  }

  /** The caller's header fields; they may be credentials, so they are for this server only. */
  async #headers(url: string): Promise<Headers> {
    const { base, headers } = this.settings;
    return new URL(url).origin === new URL(base).origin ? await headers() : new Headers();
  }
}

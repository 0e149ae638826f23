/**
 * One HTTP request and its answer, with a clock that cuts it off when nothing happens.
 *
 * @module
 */
import { StoreError } from '../errors.ts';
import { type Doing, networkError } from './http-status.ts';

/** The signature of `fetch`, and of a handler: one can be passed where the other is expected. */
export type Fetch = (request: Request) => Promise<Response>;

/** An answer whose body is still to come. */
export interface Exchange {
  readonly response: Response;
  readonly deadline: Deadline;
}

/** What to send. */
export interface Call extends Doing {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes, or a stream made for one try; each chunk it yields restarts the clock. */
  readonly body?: Uint8Array | ((progress: () => void) => ReadableStream<Uint8Array>);
  /** Milliseconds without any progress until the answer's header. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Sends `call` once; network errors and time-outs are thrown as `Transient`. */
export async function exchange(send: Fetch, call: Call, headers: Headers): Promise<Exchange> {
  const deadline = new Deadline(call);
  const restart = (): void => deadline.start(call.patienceMs);
  const body = typeof call.body === 'function' ? call.body(restart) : call.body;
  const init = { method: call.method, headers, signal: deadline.signal, ...(body !== undefined && { body }) };
  // `duplex` is required for streams, and unknown to the DOM's types.
  const request = new Request(call.url, { ...init, duplex: 'half' } as RequestInit);
  try {
    restart();
    const response = await deadline.race((async () => send(request))());
    deadline.stop();
    return { response, deadline };
  } catch (err) {
    deadline.end();
    call.signal?.throwIfAborted();
    throw networkError(call, err);
  }
}

/** A clock and the caller's signal in one. */
export class Deadline {
  readonly #call: Call;
  readonly #controller = new AbortController();
  readonly #onAbort: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: 'open' | 'ended' = 'open';

  constructor(call: Call) {
    this.#call = call;
    this.#onAbort = () => this.#controller.abort(call.signal?.reason);
    call.signal?.addEventListener('abort', this.#onAbort);
    if (call.signal?.aborted) this.#onAbort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Starts the clock, or starts it again; not after the end, when a body may still be taken from. */
  start(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#state === 'ended') return;
    this.#timer = setTimeout(() => {
      const { operation, key, what } = this.#call;
      this.#controller.abort(
        new StoreError('ERR_STORE_UNAVAILABLE', `${what}: nothing came for ${ms} ms`, { operation, key }),
      );
    }, ms);
  }

  /** Stops the clock. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Stops the clock and lets go of the caller's signal. */
  end(): void {
    this.#state = 'ended';
    this.stop();
    this.#call.signal?.removeEventListener('abort', this.#onAbort);
  }

  /** `promise`, unless the clock or the caller's signal comes first: not every `fetch` heeds its signal. */
  race<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this;
    return new Promise<T>((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason);
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort);
      const settled = (): void => signal.removeEventListener('abort', onAbort);
      promise.then(resolve, reject).finally(settled);
    });
  }
}

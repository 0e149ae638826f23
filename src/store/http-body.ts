/**
 * The body of an answer: never silently short, and taken up again where the connection broke, if
 * the server can send ranges.
 *
 * @module
 */
import { StoreError } from '../errors.ts';
import type { Exchange } from './http-exchange.ts';
import { type Doing, networkError } from './http-status.ts';

/** The bytes of one answer, read with a clock beside them. */
export class BodyPart {
  readonly #exchange: Exchange;
  readonly #stallMs: number;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #waiting: Uint8Array | undefined;

  constructor(exchange: Exchange, stallMs: number) {
    this.#exchange = exchange;
    this.#stallMs = stallMs;
    this.#reader = exchange.response.body?.getReader();
  }

  /** The next non-empty chunk; `undefined` at the end. */
  async read(): Promise<Uint8Array | undefined> {
    if (this.#waiting !== undefined) {
      const chunk = this.#waiting;
      this.#waiting = undefined;
      return chunk;
    }
    const { deadline } = this.#exchange;
    // An answer without a body has no reader.
    while (this.#reader !== undefined) {
      deadline.start(this.#stallMs);
      const step = await deadline.race(this.#reader.read());
      deadline.stop();
      if (step.done) break;
      if (step.value.length > 0) return step.value;
    }
    deadline.end();
    return undefined;
  }

  /** Passes over `count` bytes and waits for the byte after them. */
  async skip(count: number): Promise<void> {
    let left = count;
    for (;;) {
      const chunk = await this.read();
      if (chunk === undefined) throw new Error('the answer ended at once');
      if (chunk.length > left) {
        this.#waiting = chunk.subarray(left);
        return;
      }
      left -= chunk.length;
    }
  }

  /** Lets go of what was not read. */
  cancel(): void {
    this.#reader?.cancel().catch(() => {});
    this.#exchange.deadline.end();
  }
}

/** What {@link streamBody} needs. */
export interface BodyOptions {
  readonly doing: Doing;
  readonly part: BodyPart;
  /** Bytes announced; `undefined`: not known, the body ends where the answer does. */
  readonly length: number | undefined;
  /** Opens the same body at `offset` again; absent where the server cannot. */
  readonly reopen: ((offset: number) => Promise<BodyPart>) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** The whole body as a stream; an error where it is cut short, or longer than announced. */
export function streamBody(options: BodyOptions): ReadableStream<Uint8Array> {
  const { doing, length, reopen, signal } = options;
  let part = options.part;
  let received = 0;
  let cancelled = false;

  /** The next chunk, from another answer if need be. */
  async function next(): Promise<Uint8Array | undefined> {
    for (;;) {
      let problem: unknown;
      try {
        const chunk = await part.read();
        if (chunk !== undefined || length === undefined || received === length) return chunk;
        problem = new Error('the answer ended too early');
      } catch (err) {
        if (received === length) return undefined;
        problem = err;
      }
      part.cancel();
      signal?.throwIfAborted();
      const lost = `connection lost after ${received} of ${length ?? 'an unknown number of'} bytes`;
      if (reopen === undefined || cancelled) throw networkError(doing, problem, lost).failure;
      part = await reopen(received);
      if (cancelled) part.cancel();
    }
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await next();
        if (chunk === undefined) {
          part.cancel();
          controller.close();
          return;
        }
        received += chunk.length;
        if (length !== undefined && received > length) {
          part.cancel();
          throw new StoreError(
            'ERR_STORE_FAILED',
            `${doing.what}: more bytes came than the ${length} announced`,
            {
              operation: doing.operation,
              key: doing.key,
            },
          );
        }
        controller.enqueue(chunk);
      },
      cancel() {
        cancelled = true;
        part.cancel();
      },
    },
    { highWaterMark: 0 },
  );
}

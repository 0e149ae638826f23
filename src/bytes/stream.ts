/**
 * Byte streams: what functions take in, what they compose, and what they hand out.
 *
 * Inside the library everything is an `AsyncIterable<Uint8Array>`: back-pressure, cancellation
 * (`finally`) and errors come from the language. `ReadableStream` appears at the doors only.
 *
 * @module
 */
import { IntegrityError } from '../errors.ts';

/**
 * Anything that yields bytes once, forward. A chunk that was handed over belongs to the receiver: the
 * source does not write to it again.
 */
export type ByteSource =
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>
  | Uint8Array;

/** A stage between a source and a sink; composition is function application. */
export type ByteTransform = (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/**
 * The chunks of any {@link ByteSource}.
 *
 * @throws TypeError when `source` is none, a string among them: text has no bytes until encoded.
 */
export function toAsyncIterable(source: ByteSource): AsyncIterable<Uint8Array> {
  if (source instanceof Uint8Array) return fromIterable([source]);
  if (typeof source === 'object' && source !== null) {
    if (Symbol.asyncIterator in source) return source;
    if (Symbol.iterator in source) return fromIterable(source);
    // Safari and older browsers have streams that cannot be iterated.
    if ('getReader' in source) return fromReader(source as ReadableStream<Uint8Array>);
  }
  throw new TypeError(
    'not a byte source: expected a ReadableStream, an iterable of Uint8Array, or a Uint8Array',
  );
}

async function* fromIterable(source: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* source;
}

async function* fromReader(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  let done = false;
  try {
    for (;;) {
      const step = await reader.read();
      done = step.done;
      if (step.done) return;
      yield step.value;
    }
  } finally {
    if (!done) await reader.cancel();
  }
}

/**
 * A pull-driven `ReadableStream`; cancelling it ends the source's `finally` blocks.
 *
 * @param origin the stream that `source` reads from: cancelled before the first read, generators never
 *   begin, so their `finally` blocks, which would pass it on, never run.
 */
export function toReadableStream(
  source: AsyncIterable<Uint8Array>,
  origin?: ReadableStream<Uint8Array>,
): ReadableStream<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let step = await iterator.next();
        // A zero-length chunk says nothing, and byte consumers may choke on it.
        while (!step.done && step.value.length === 0) step = await iterator.next();
        if (step.done) controller.close();
        else controller.enqueue(step.value);
      },
      async cancel(reason) {
        await iterator.return?.(reason);
        if (origin?.locked === false) await origin.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Options of {@link collect}. */
export interface CollectOptions {
  /** Most bytes to hold. @default unlimited */
  limit?: number;
  /** What is collected, for the error's text. @default 'body' */
  subject?: string;
}

/**
 * All bytes of a source in one array.
 *
 * @throws IntegrityError `ERR_SIZE_MISMATCH` as soon as more than `limit` bytes came.
 */
export async function collect(source: ByteSource, options: CollectOptions = {}): Promise<Uint8Array> {
  const { limit = Number.POSITIVE_INFINITY, subject = 'body' } = options;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of toAsyncIterable(source)) {
    length += chunk.length;
    if (length > limit) {
      throw new IntegrityError('ERR_SIZE_MISMATCH', `${subject} is larger than ${limit} bytes`, {
        subject,
        expected: `at most ${limit}`,
      });
    }
    chunks.push(chunk);
  }
  const out = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

/**
 * The body of an answer, watched over.
 *
 * @module
 */
import { StoreError } from '../errors.ts';

/** Options of {@link guardBody}. */
export interface GuardOptions {
  /** Bytes the answer promised. */
  length: number | undefined;
  /** What is read, such as `s3://bucket/key`. */
  subject: string;
  key: string;
  signal: AbortSignal | undefined;
  /** Makes an error of the stream one of ours. */
  toError: (err: unknown) => unknown;
}

/**
 * The body of an answer such that fewer bytes than promised are an error, whatever the HTTP client
 * thinks, and that the signal and `cancel` reach the connection, even when nothing was read yet.
 */
export function guardBody(
  body: ReadableStream<Uint8Array>,
  options: GuardOptions,
): ReadableStream<Uint8Array> {
  const { length, subject, key, signal, toError } = options;
  const reader = body.getReader();
  let received = 0;
  let onAbort: (() => void) | undefined;
  const stop = (): void => {
    if (onAbort) signal?.removeEventListener('abort', onAbort);
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        onAbort = () => {
          controller.error(signal?.reason);
          reader.cancel(signal?.reason).catch(() => undefined);
        };
        if (signal?.aborted) onAbort();
        signal?.addEventListener('abort', onAbort, { once: true });
      },
      async pull(controller) {
        try {
          for (;;) {
            const step = await reader.read();
            if (signal?.aborted) return;
            if (step.done) break;
            received += step.value.length;
            // A zero-length chunk says nothing, and byte consumers may choke on it.
            if (step.value.length > 0) return controller.enqueue(step.value);
          }
          if (length !== undefined && received !== length) throw truncated(subject, key, received, length);
          stop();
          controller.close();
        } catch (err) {
          stop();
          throw toError(err);
        }
      },
      async cancel(reason) {
        stop();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

function truncated(subject: string, key: string, received: number, length: number): StoreError {
  return new StoreError(
    'ERR_STORE_UNAVAILABLE',
    `get ${subject}: the answer ended after ${received} of ${length} bytes`,
    {
      operation: 'get',
      key,
    },
  );
}

/**
 * Letting somebody watch a stream that flows on: a parser beside an upload, say.
 *
 * @module
 */
import type { ByteTransform } from './stream.ts';

/**
 * Passes bytes on while `consumer` reads the same chunks in lockstep: a chunk goes on once the
 * consumer asked for the next one. Nothing is buffered or copied, unlike with `tee()`. The stream
 * fails when the consumer does, and ends only after the consumer ended; a consumer that stops
 * early lets the rest pass.
 */
export function observed(consumer: (source: AsyncIterable<Uint8Array>) => Promise<void>): ByteTransform {
  return async function* observe(source) {
    let ready = Promise.withResolvers<void>();
    let deliver: (step: IteratorResult<Uint8Array>) => void = () => {};
    let ended = false;
    let failure: { error: unknown } | undefined;
    const channel: AsyncIterator<Uint8Array> = {
      next: () =>
        new Promise((resolve) => {
          deliver = resolve;
          ready.resolve();
        }),
      return: () => Promise.resolve({ done: true, value: undefined }),
    };
    const running = consumer({ [Symbol.asyncIterator]: () => channel })
      .catch((error: unknown) => {
        failure = { error };
      })
      .finally(() => {
        ended = true;
        ready.resolve();
      });
    const throwFailure = (): void => {
      if (failure !== undefined) throw failure.error;
    };
    try {
      for await (const chunk of source) {
        await ready.promise;
        if (!ended) {
          ready = Promise.withResolvers();
          deliver({ done: false, value: chunk });
          await ready.promise;
        }
        throwFailure();
        yield chunk;
      }
    } finally {
      // However the stream ended, the consumer must not wait for ever.
      await ready.promise;
      if (!ended) deliver({ done: true, value: undefined });
      await running;
    }
    throwFailure();
  };
}

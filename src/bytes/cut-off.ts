/**
 * Waiting for a source that may hang, until a signal aborts.
 *
 * @module
 */

/**
 * The items of `source`, until `signal` aborts: then iteration fails with its reason at once, even
 * while the source hangs.
 */
export async function* cutOff<T>(
  source: AsyncIterable<T> | Iterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let fail: (reason: unknown) => void = () => {};
  const onAbort = (): void => fail(signal.reason);
  signal.addEventListener('abort', onAbort);
  let ended = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      const step = await new Promise<IteratorResult<T>>((resolve, reject) => {
        fail = reject;
        const pending = iterator.next();
        if ('then' in pending) pending.then(resolve, reject);
        else resolve(pending);
      });
      ended = step.done === true;
      if (step.done) return;
      yield step.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (!ended) {
      // Not waited for after an abort: behind a `next` that hangs, `return` hangs as well.
      const returned = Promise.resolve(iterator.return?.());
      if (signal.aborted) returned.catch(() => {});
      else await returned;
    }
  }
}

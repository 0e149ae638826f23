/**
 * Waiting that ends when a signal says so.
 *
 * @module
 */

/**
 * The outcome of `promise`, or a rejection with the signal's reason as soon as it aborts. Listens only
 * while it waits: `Promise.race` with one long-lived promise would gather a reaction for every call.
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Resolves after `ms` milliseconds, or rejects with the signal's reason. */
export async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const pause = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await (signal === undefined ? pause : abortable(pause, signal));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Not waiting for ever for what was told to end.
 */

/** What was aborted may take this long to put its things in order. */
const GRACE_MS = 2000;

/**
 * The outcome of `work`, which has the signal too; it is left behind when it does not end soon after the
 * signal has aborted.
 */
export async function orAbandon<T>(
  work: Promise<T>,
  signal: AbortSignal,
  graceMs: number = GRACE_MS,
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    timer = setTimeout(() => reject(signal.reason), graceMs);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

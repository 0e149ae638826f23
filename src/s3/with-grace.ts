/**
 * Letting short requests finish after an abort.
 *
 * @module
 */

/**
 * Runs `call` with a signal that aborts `ms` milliseconds after `signal` does: for short requests whose
 * outcome must be known, because something has to be cleaned up or is decided by them.
 */
export async function withGrace<T>(
  signal: AbortSignal,
  ms: number,
  call: (late: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onAbort = (): void => {
    timer = setTimeout(() => controller.abort(signal.reason), ms);
  };
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await call(controller.signal);
  } finally {
    signal.removeEventListener('abort', onAbort);
    clearTimeout(timer);
  }
}

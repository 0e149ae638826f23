/**
 * Noticing that a target hangs, without cutting off what is only slow.
 */

export interface Watch {
  /** Milliseconds without a sign of life, after which it is asked for one. */
  readonly quietMs: number;
  /** Throws when there is none. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs `work`, which calls `alive` whenever something moves. When nothing does, the target is probed; only where
 * it does not answer either, the work is aborted, and rejects with the reason of the probe.
 */
export async function watched<T>(
  watch: Watch,
  work: (signal: AbortSignal, alive: () => void) => Promise<T>,
): Promise<T> {
  const down = new AbortController();
  const signal = AbortSignal.any([down.signal, ...(watch.signal === undefined ? [] : [watch.signal])]);
  let last = performance.now();
  const alive = (): void => {
    last = performance.now();
  };
  let probing = false;
  const look = async (): Promise<void> => {
    const before = last;
    if (probing || performance.now() - before < watch.quietMs) return;
    probing = true;
    try {
      await watch.probe(signal);
      alive();
    } catch (error) {
      // It moved in the meantime: then it is the probe that had bad luck.
      if (last === before) down.abort(error);
    } finally {
      probing = false;
    }
  };
  const timer = setInterval(() => void look(), Math.max(watch.quietMs / 4, 10));
  try {
    return await work(signal, alive);
  } finally {
    clearInterval(timer);
  }
}

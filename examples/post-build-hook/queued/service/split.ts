/**
 * Finding what makes a batch fail.
 */

/** What becomes of the parts. */
export interface SplitHandlers<T> {
  /** Does the work for some items; they succeed or fail together. */
  run(items: readonly T[]): Promise<void>;
  /** It failed for this one alone. */
  failed(item: T, error: unknown): Promise<void>;
  /** Whether an item still waits; one that was settled on the way is left out. @default all do */
  waits?(item: T): boolean;
  /** Errors that end it all, and are thrown on. */
  isFatal(error: unknown): boolean;
}

/**
 * Runs the items together and, when that fails, each half on its own, and so on: what is wrong ends up
 * alone, and everything else is done in the same go. With `k` bad ones among `n` there are at most
 * `1 + 2 k log2(n)` runs, and never more than `2 n - 1`.
 */
export async function runSplit<T>(items: readonly T[], handlers: SplitHandlers<T>): Promise<void> {
  const parts: (readonly T[])[] = [items];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const waiting = part.filter((item) => handlers.waits?.(item) ?? true);
    const [only] = waiting;
    if (only === undefined) continue;
    try {
      await handlers.run(waiting);
    } catch (error) {
      if (handlers.isFatal(error)) throw error;
      // One that was settled meanwhile has no failure to answer for.
      if (waiting.length === 1) {
        if (handlers.waits?.(only) ?? true) await handlers.failed(only, error);
        continue;
      }
      const middle = waiting.length >>> 1;
      parts.push(waiting.slice(middle), waiting.slice(0, middle));
    }
  }
}

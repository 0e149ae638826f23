/**
 * Waiting for a directory to change.
 *
 * @module
 */
import { type FSWatcher, watch } from 'node:fs';

/** Wakes on changes; where the system cannot tell of any, only on time. */
export class Waiter {
  readonly #directories: readonly string[];
  readonly #watchers: FSWatcher[] = [];
  readonly #sleepers = new Set<() => void>();
  #started = false;
  /** Grows with every change. */
  changes = 0;

  constructor(directories: readonly string[]) {
    this.#directories = directories;
  }

  /** Changes are noticed from here on. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    for (const directory of this.#directories) {
      try {
        const watcher = watch(directory, { persistent: false }, () => this.wake());
        // Such as too many watches on this machine: the time remains.
        watcher.on('error', () => watcher.close());
        this.#watchers.push(watcher);
      } catch {}
    }
  }

  /** Wakes all who wait. */
  wake(): void {
    this.changes++;
    for (const wake of this.#sleepers) wake();
  }

  /** Until something changes after `since`, or the time is over, or the signal aborts. */
  async sleep(since: number, ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.changes !== since || signal?.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const onAbort = (): void => resolve();
    signal?.addEventListener('abort', onAbort);
    this.#sleepers.add(resolve);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#sleepers.delete(resolve);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close();
    this.wake();
  }
}

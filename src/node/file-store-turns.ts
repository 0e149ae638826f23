/**
 * When synchronous work must let others have their turn.
 *
 * @module
 */
import { setImmediate } from 'node:timers/promises';

/** Milliseconds at a time: far below what a server's clients notice, far above what a turn costs. */
const SLICE_MS = 4;

/**
 * Cuts work on small files into slices of the event loop: done at once, such a file costs a fifth of what
 * it costs on the thread pool, but the answers that are waited for never end a turn.
 */
export class Turns {
  #began = Number.NEGATIVE_INFINITY;
  #next: Promise<void> | undefined;

  /**
   * Whether the slice is used up. To be asked right before the work, again after every wait for {@link next}:
   * of many that waited, only as many go on as there is time for.
   */
  get due(): boolean {
    return this.#next !== undefined || performance.now() - this.#began > SLICE_MS;
  }

  /** The next turn; the same for all that wait. */
  next(): Promise<void> {
    this.#next ??= this.#turn();
    return this.#next;
  }

  async #turn(): Promise<void> {
    await setImmediate();
    this.#next = undefined;
    this.#began = performance.now();
  }
}

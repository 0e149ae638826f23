/**
 * How long batches take, out of the events: a batch ends when the last of its entries is settled.
 */
import type { ServiceEvent } from './events.ts';

interface Batch {
  readonly began: number;
  readonly open: Set<string>;
}

export class BatchClock {
  readonly #batches = new Map<string, Batch>();

  /** @returns how long the batch took that this event ended, in the unit of `now`. */
  event(event: ServiceEvent, now: number): number | undefined {
    if (!('target' in event)) return undefined;
    const batch = this.#batches.get(event.target);
    switch (event.type) {
      case 'batch':
        this.#batches.set(event.target, { began: now, open: new Set(event.keys) });
        return undefined;
      case 'done':
      case 'failed':
      case 'dead':
        if (batch === undefined || !batch.open.delete(event.key) || batch.open.size > 0) return undefined;
        break;
      // What was not settled goes back to the queue.
      case 'down':
        if (batch === undefined) return undefined;
        break;
      default:
        return undefined;
    }
    this.#batches.delete(event.target);
    return now - batch.began;
  }
}

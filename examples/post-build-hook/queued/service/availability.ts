/**
 * Whether a target answers, and when to ask again.
 */
import type { Tell } from '../events.ts';
import { backoffMs, type RetryBounds } from './backoff.ts';

/** How a target is. */
export interface AvailabilityState {
  /** `undefined` before anything was asked of it. */
  readonly up: boolean | undefined;
  /** Since when it is so. */
  readonly since: Date;
  /** Why it is down. */
  readonly error: string | undefined;
  /** When a target that is down is asked next. */
  readonly retryAt: Date | undefined;
}

/** Remembers it, and tells of changes. */
export class Availability {
  readonly #target: string;
  readonly #bounds: RetryBounds;
  readonly #tell: Tell;
  readonly #random: () => number;
  #failures = 0;
  #state: AvailabilityState = { up: undefined, since: new Date(), error: undefined, retryAt: undefined };

  constructor(target: string, bounds: RetryBounds, tell: Tell, random: () => number = Math.random) {
    this.#target = target;
    this.#bounds = bounds;
    this.#tell = tell;
    this.#random = random;
  }

  get state(): AvailabilityState {
    return this.#state;
  }

  get isDown(): boolean {
    return this.#state.up === false;
  }

  /** Milliseconds until it is to be asked again. */
  get pauseMs(): number {
    return Math.max(0, (this.#state.retryAt?.getTime() ?? 0) - Date.now());
  }

  /** It was asked in vain. */
  down(error: string): void {
    const since = this.isDown ? this.#state.since : new Date();
    const retryAt = new Date(Date.now() + backoffMs(++this.#failures, this.#bounds, this.#random));
    this.#state = { up: false, since, error, retryAt };
    this.#tell({ type: 'down', target: this.#target, error, retryAt });
  }

  /** It answers. */
  up(): void {
    const before = this.#state;
    if (before.up) return;
    this.#failures = 0;
    this.#state = { up: true, since: new Date(), error: undefined, retryAt: undefined };
    if (before.up === undefined) return;
    this.#tell({ type: 'up', target: this.#target, downMs: Date.now() - before.since.getTime() });
  }
}

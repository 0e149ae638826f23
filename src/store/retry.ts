/**
 * Trying again: exponential backoff with full jitter, never sooner than the server asked for.
 *
 * @module
 */

import pRetry from 'p-retry';
import { sleep } from '../bytes/abortable.ts';
import type { StoreError } from '../errors.ts';

/** How often, and how soon, what may succeed later is tried again. */
export interface RetryOptions {
  /** Tries in all, the first one included; 1 turns retrying off. @default 5 */
  attempts?: number;
  /**
   * Longest pause before the second try, in milliseconds; doubled for each further one. The actual
   * pause is random between 0 and that (full jitter). Answers 429 and 503 count eight-fold.
   * @default 250
   */
  minDelayMs?: number;
  /**
   * Upper bound of any pause, in milliseconds. A `Retry-After` beyond it ends the trying: waiting
   * less than asked for would only earn the next refusal.
   * @default 60000
   */
  maxDelayMs?: number;
}

/** With all defaults filled in. */
export type RetryPlan = Readonly<Required<RetryOptions>>;

/** What the task of {@link withRetry} throws when it is worth another try. */
export class Transient extends Error {
  /** What the caller gets when no try is left. */
  readonly failure: StoreError;
  /** Milliseconds the server asked to wait. */
  readonly retryAfterMs: number;
  /** Whether the server said it has too much to do. */
  readonly overloaded: boolean;

  constructor(failure: StoreError, options: { retryAfterMs?: number; overloaded?: boolean } = {}) {
    super(failure.message, { cause: failure });
    this.failure = failure;
    this.retryAfterMs = options.retryAfterMs ?? 0;
    this.overloaded = options.overloaded ?? false;
  }
}

/**
 * Fills in the defaults.
 *
 * @throws RangeError for numbers that make no sense.
 */
export function retryPlan(options: RetryOptions = {}): RetryPlan {
  const { attempts = 5, minDelayMs = 250, maxDelayMs = 60_000 } = options;
  if (!Number.isSafeInteger(attempts) || attempts < 1) {
    throw new RangeError(`retry.attempts: expected an integer of at least 1, got ${attempts}`);
  }
  for (const [name, value] of Object.entries({ minDelayMs, maxDelayMs })) {
    if (!Number.isFinite(value) || value < 0) {
      throw new RangeError(`retry.${name}: expected milliseconds, got ${value}`);
    }
  }
  return { attempts, minDelayMs, maxDelayMs };
}

/**
 * Runs `task` until it does not throw a {@link Transient}, or no try is left; then the failure
 * inside it is thrown.
 */
export async function withRetry<T>(
  task: (attempt: number) => Promise<T>,
  plan: RetryPlan,
  signal: AbortSignal | undefined,
): Promise<T> {
  try {
    return await pRetry(task, {
      retries: plan.attempts - 1,
      // p-retry's own pauses know neither full jitter nor Retry-After: ours is in shouldRetry.
      minTimeout: 0,
      ...(signal !== undefined && { signal }),
      shouldRetry: async ({ error, attemptNumber }) => {
        if (!(error instanceof Transient) || error.retryAfterMs > plan.maxDelayMs) return false;
        const base = plan.minDelayMs * 2 ** (attemptNumber - 1) * (error.overloaded ? 8 : 1);
        const pause = error.retryAfterMs + Math.random() * Math.min(base, plan.maxDelayMs);
        await sleep(pause, signal);
        return true;
      },
    });
  } catch (err) {
    throw err instanceof Transient ? err.failure : err;
  }
}

/**
 * How long to leave alone what has failed.
 */

/** Bounds of a pause, in milliseconds. */
export interface RetryBounds {
  /** The longest pause after the first failure; it doubles with each further one. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
}

/**
 * Exponential backoff with full jitter: many that failed together are not all tried again together.
 *
 * @param failures in a row, from 1
 * @param random a number from 0 to 1
 */
export function backoffMs(failures: number, bounds: RetryBounds, random: () => number = Math.random): number {
  // Beyond 2^50 nothing changes but the precision.
  const longest = bounds.retryMinMs * 2 ** Math.min(failures - 1, 50);
  return Math.round(random() * Math.min(longest, bounds.retryMaxMs));
}

/**
 * How long names and targets and how deep trees may be.
 *
 * @module
 */
import { checkOptions } from '../options.ts';
import { NAR_LIMITS } from './entry.ts';

/** Bounds of what is read or written; those of the newest Nix are {@link NAR_LIMITS}. */
export interface NarLimits {
  /** Bytes of one file name. */
  readonly nameLength: number;
  /** Bytes of a symlink's target. */
  readonly targetLength: number;
  /** Names in a path; the root has none. */
  readonly depth: number;
}

/**
 * The limits that hold where some are given.
 *
 * @throws TypeError for an unknown limit, RangeError for one that is not a positive integer: what is
 *   bounded is held in memory, so there is always a bound.
 */
export function narLimits(where: string, given: Partial<NarLimits> = {}): NarLimits {
  checkOptions(`${where}, limits`, given, Object.keys(NAR_LIMITS));
  const limits = { ...NAR_LIMITS, ...given };
  for (const [name, limit] of Object.entries(limits)) {
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new RangeError(`${where}: limits.${name} must be a positive integer, not ${String(limit)}`);
    }
  }
  return limits;
}

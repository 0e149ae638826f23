/**
 * The options of a `Spool`, and what they are when left out.
 *
 * @module
 */

/** Options of {@link Spool.open}. */
export interface SpoolOptions {
  /** Make the spool where there is none. @default true */
  create?: boolean;
  /**
   * Who else may use a spool that is made: members of this group (`true`: of the group of this
   * process); the directories get mode 2770. An existing spool stays as it is. @default nobody, mode 700
   */
  group?: number | true;
  /** Entries, dead ones included, beyond which `enqueue` refuses. @default 1,000,000 */
  maxEntries?: number;
  /** Bytes that must be free on the disk for `enqueue` to add one. @default 64 MiB */
  minFreeBytes?: number;
  /**
   * After how many milliseconds without a sign of life the claims of a process on another machine are
   * taken from it; on the same one it is seen that it ended. Signs are given three times as often.
   * @default 300,000
   */
  leaseMs?: number;
  /** Milliseconds between two looks of `next`, where the system does not tell of changes. @default 2,000 */
  pollMs?: number;
}

/** Options of {@link Spool.next}. */
export interface SpoolNextOptions {
  /** Stops waiting. */
  signal?: AbortSignal;
}

/** The names of {@link SpoolOptions}. */
export const SPOOL_OPTIONS: readonly string[] = [
  'create',
  'group',
  'maxEntries',
  'minFreeBytes',
  'leaseMs',
  'pollMs',
];

/** @throws RangeError for numbers that are none of milliseconds, bytes or entries. */
export function spoolSettings(options: SpoolOptions): Required<Omit<SpoolOptions, 'group'>> {
  const {
    create = true,
    maxEntries = 1_000_000,
    minFreeBytes = 64 * 1024 * 1024,
    leaseMs = 300_000,
    pollMs = 2000,
  } = options;
  for (const [name, value, least] of [
    ['maxEntries', maxEntries, 1],
    ['minFreeBytes', minFreeBytes, 0],
    ['leaseMs', leaseMs, 100],
    ['pollMs', pollMs, 1],
  ] as const) {
    if (!(Number(value) >= least)) throw new RangeError(`Spool.open: ${name} must be at least ${least}`);
  }
  return { create, maxEntries, minFreeBytes, leaseMs, pollMs };
}

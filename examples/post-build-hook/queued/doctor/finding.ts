/**
 * What the doctor finds.
 */

/** One observation about the set-up. Never holds a secret: it is made to be pasted into a question. */
export interface Finding {
  /** `ok`: as it should be. `warning`: works, or may be meant so. `error`: paths do not get into the cache. */
  readonly level: 'ok' | 'warning' | 'error';
  /** Which check, such as `nix.conf` or `target main`. */
  readonly check: string;
  /** What was seen, and where. */
  readonly what: string;
  /** What to change, mostly a command. Every finding that is not `ok` has one. */
  readonly fix?: string;
}

/** Findings of one check. */
export type Findings = AsyncIterable<Finding>;

/** Makes findings of one check. */
export interface Say {
  ok(what: string): Finding;
  warning(what: string, fix: string): Finding;
  error(what: string, fix: string): Finding;
}

export function saying(check: string): Say {
  return {
    ok: (what) => ({ level: 'ok', check, what }),
    warning: (what, fix) => ({ level: 'warning', check, what, fix }),
    error: (what, fix) => ({ level: 'error', check, what, fix }),
  };
}

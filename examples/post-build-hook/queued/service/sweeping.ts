/**
 * Looking for roots without an entry, again and again.
 */
import { setTimeout } from 'node:timers/promises';
import type { Spool } from 'narkit/node';
import type { StoreDir } from 'narkit/store-path';
import type { Tell } from '../events.ts';
import { messageOf } from './entries.ts';
import { sweepRoots } from './sweep.ts';

/** A hook makes the root first, and queues the path in the next moment. */
const ROOT_AGE_MS = 5 * 60_000;

export interface SweepingOptions {
  readonly target: string;
  readonly spool: Spool;
  readonly rootsDir: string;
  readonly storeDir: StoreDir;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  readonly tell: Tell;
  readonly signal: AbortSignal;
}

/** Until the signal: the first time all roots are looked at, later those that are new. */
export async function keepSweeping(options: SweepingOptions): Promise<void> {
  const { target, spool, rootsDir, storeDir, everyMs, tell, signal } = options;
  let last: number | undefined;
  while (!signal.aborted) {
    const began = performance.now();
    // Twice the time since, for the clocks of files are coarse.
    const maxAgeMs = last === undefined ? Number.POSITIVE_INFINITY : ROOT_AGE_MS + 2 * (began - last);
    try {
      const ages = { minAgeMs: ROOT_AGE_MS, maxAgeMs };
      const { requeued: count } = await sweepRoots({ spool, rootsDir, storeDir, signal, ...ages });
      if (count > 0) tell({ type: 'requeued', target, count });
      last = began;
    } catch (error) {
      tell({ type: 'trouble', target, error: messageOf(error) });
    }
    await setTimeout(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

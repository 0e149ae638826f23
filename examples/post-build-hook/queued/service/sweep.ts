/**
 * Roots without an entry: what a hook could not queue, or was killed before it did.
 */
import { lstat } from 'node:fs/promises';
import type { Spool, SpoolState } from 'narkit/node';
import { parseStorePath, type StoreDir } from 'narkit/store-path';
import { pMapIterable } from 'p-map';
import { type GcRoot, listRoots, removeRoot } from '../hook/gc-roots.ts';

/** Entries that are looked up at once: they share their syncs. */
const CONCURRENCY = 32;

const STATES: readonly SpoolState[] = ['queued', 'delayed', 'claimed', 'dead'];

export interface SweepOptions {
  readonly spool: Spool;
  readonly rootsDir: string;
  readonly storeDir: StoreDir;
  /** Younger ones may belong to a hook that is about to queue them. */
  readonly minAgeMs: number;
  /** Older ones were looked at before. */
  readonly maxAgeMs: number;
  readonly signal: AbortSignal;
}

/** What was done, in numbers of roots. */
export interface Swept {
  readonly requeued: number;
  /** Of paths that are gone, and that no entry asks for. */
  readonly removed: number;
}

/** Queues the paths of roots that have no entry. */
export async function sweepRoots(options: SweepOptions): Promise<Swept> {
  const { spool, rootsDir, signal } = options;
  const gone = new Set<string>();
  let requeued = 0;
  const outcomes = pMapIterable(due(options), (path) => requeue(spool, path), { concurrency: CONCURRENCY });
  for await (const { path, outcome } of outcomes) {
    if (signal.aborted) break;
    if (outcome === 'queued') requeued++;
    if (outcome === 'gone') gone.add(path);
  }
  const orphans = gone.size === 0 || signal.aborted ? [] : await withoutEntry(spool, gone);
  for (const path of orphans) await removeRoot(rootsDir, path);
  return { requeued, removed: orphans.length };
}

async function* due({ rootsDir, storeDir, minAgeMs, maxAgeMs }: SweepOptions): AsyncGenerator<string> {
  for await (const root of listRoots(rootsDir)) {
    if (root.ageMs >= minAgeMs && root.ageMs <= maxAgeMs && isOurs(root, storeDir)) yield root.path;
  }
}

function isOurs({ path }: GcRoot, storeDir: StoreDir): boolean {
  try {
    parseStorePath(path, { storeDir });
    return true;
  } catch {
    return false;
  }
}

async function requeue(
  spool: Spool,
  path: string,
): Promise<{ path: string; outcome: 'queued' | 'present' | 'gone' }> {
  const exists = await lstat(path).then(
    () => true,
    () => false,
  );
  return { path, outcome: exists ? await spool.enqueue({ key: path }) : 'gone' };
}

/** An entry of a path that is gone still has something to say: that the path is in the cache, or how it failed. */
async function withoutEntry(spool: Spool, paths: ReadonlySet<string>): Promise<string[]> {
  const left = new Set(paths);
  for (const state of STATES) for await (const { key } of spool.list(state)) left.delete(key ?? '');
  return [...left];
}

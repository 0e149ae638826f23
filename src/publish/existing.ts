/**
 * Which of many paths a cache has.
 *
 * @module
 */
import pMap from 'p-map';
import type { BinaryCache } from '../cache/binary-cache.ts';
import { narInfoKey } from '../cache/layout.ts';
import type { MassQueryStore, ReadableStore } from '../store/store.ts';
import type { StorePath } from '../store-path/store-path.ts';

/** How to ask. */
interface Asking {
  /** Questions under way at once, where it takes one for every path. */
  readonly concurrency: number;
  readonly signal?: AbortSignal;
}

/** Those of `paths` that have a narinfo, judged by its name alone. */
export async function existingPaths(
  cache: BinaryCache,
  paths: Iterable<StorePath>,
  { concurrency, signal }: Asking,
): Promise<Set<StorePath>> {
  const call = signal === undefined ? {} : { signal };
  const all = [...paths];
  const { store } = cache;
  if (isMassQueryStore(store)) {
    const keys = all.map(narInfoKey);
    const there = await store.existing(keys, call);
    return new Set(all.filter((_, i) => there.has(keys[i] as string)));
  }
  const has = await pMap(all, (path) => cache.hasPath(path, call), { concurrency, ...call });
  return new Set(all.filter((_, i) => has[i]));
}

/** Whether a store can be asked for many keys at once. */
export function isMassQueryStore(store: ReadableStore): store is MassQueryStore {
  return 'existing' in store;
}

import type { ListableStore } from '../../src/store/index.ts';

/** The keys of a store, sorted. */
export async function keysOf(store: ListableStore, prefix?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys.sort((a, b) => (a < b ? -1 : 1));
}

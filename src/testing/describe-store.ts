/**
 * The conformance suite: what every store must do, whatever lies behind it.
 *
 * @module
 */
import type { ListableStore, WritableStore } from '../store/store.ts';
import type { StoreCase } from './assert.ts';
import { listCases } from './store-list-cases.ts';
import { readCases } from './store-read-cases.ts';
import { writeCases } from './store-write-cases.ts';

/** Options of {@link describeStore}. */
export interface DescribeStoreOptions {
  /** The runner's own: `test` of node:test, `it` of vitest, `Deno.test`, ... */
  test: (name: string, fn: () => Promise<void>) => unknown;
  /** Makes a store without objects; called once a test. */
  create: () => WritableStore | Promise<WritableStore>;
  /** Called with the store after its test. @default nothing to clean up */
  destroy?: (store: WritableStore) => void | Promise<void>;
  /** What the tests' names begin with. @default 'store' */
  title?: string;
}

/**
 * Registers one test per behaviour of the store contract. Those of listing are registered for all
 * stores, and pass at once for one that cannot be listed.
 *
 * @example
 * ```ts
 * import { test } from 'node:test';
 * import { MemoryStore } from 'narkit/store';
 * import { describeStore } from 'narkit/testing';
 *
 * describeStore({ test, create: () => new MemoryStore(), title: 'MemoryStore' });
 * ```
 */
export function describeStore(options: DescribeStoreOptions): void {
  const { test, create, destroy, title = 'store' } = options;
  const register = (name: string, run: StoreCase): void => {
    test(`${title}: ${name}`, async () => {
      const store = await create();
      try {
        await run(store);
      } finally {
        await destroy?.(store);
      }
    });
  };
  for (const [name, run] of Object.entries({ ...readCases, ...writeCases })) register(name, run);
  for (const [name, run] of Object.entries(listCases)) {
    register(name, async (store) => {
      if (isListable(store)) await run(store);
    });
  }
}

function isListable(store: WritableStore): store is WritableStore & ListableStore {
  return 'list' in store;
}

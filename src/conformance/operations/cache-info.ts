/**
 * nix-cache-info by narkit.
 *
 * @module
 */
import { utf8 } from '../../bytes/bytes.ts';
import { BinaryCache } from '../../cache/binary-cache.ts';
import { CACHE_INFO_KEY } from '../../cache/layout.ts';
import { MemoryStore } from '../../store/memory.ts';
import type { ConformanceOperations } from '../operations.ts';
import { text } from './input.ts';

/** `parse`. */
export const cacheInfoOperations: ConformanceOperations = {
  parse: async (input) => {
    const store = new MemoryStore();
    await store.put(CACHE_INFO_KEY, utf8(text(input, 'text')));
    const { priority = 0, wantMassQuery = false } = (await new BinaryCache(store).cacheInfo()) ?? {};
    return { priority, wantMassQuery };
  },
};

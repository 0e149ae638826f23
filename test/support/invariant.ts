/**
 * The closure invariant, checked from outside.
 */
import assert from 'node:assert/strict';
import { collect } from 'narkit';
import type { BinaryCache } from 'narkit/cache';
import { parseNarInfo } from 'narkit/narinfo';
import type { ListableStore } from 'narkit/store';

/**
 * Everything the cache announces must be had: every narinfo parses, its NAR is there and right, and
 * every reference has a narinfo. Returns how many narinfos there are.
 */
export async function assertInvariant(cache: BinaryCache<ListableStore>): Promise<number> {
  let count = 0;
  for await (const { key } of cache.store.list()) {
    if (!key.endsWith('.narinfo')) continue;
    count++;
    const object = await cache.store.get(key);
    const info = parseNarInfo(new TextDecoder().decode(await collect(object?.body ?? assert.fail())), {
      storeDir: cache.storeDir,
    });
    await collect(await cache.openNar(info));
    for (const reference of info.references) {
      assert.ok(
        await cache.narInfo(reference),
        `${info.storePath} is announced without its reference ${reference}`,
      );
    }
  }
  return count;
}

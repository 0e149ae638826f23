/**
 * Writing build logs into a cache.
 *
 * @module
 */
import type { ByteSource } from '../bytes/stream.ts';
import { checkOptions } from '../options.ts';
import type { PutResult, StoreCallOptions, WritableStore } from '../store/store.ts';
import type { StorePath } from '../store-path/store-path.ts';
import { isDerivation, printStorePath } from '../store-path/store-path.ts';
import type { BinaryCache } from './binary-cache.ts';
import { logKey } from './layout.ts';
import { mimeType } from './mime.ts';

/** Options of {@link putLog}. */
export interface PutLogOptions extends StoreCallOptions {
  /** Leave a log that is there as it is; otherwise it is replaced. @default false */
  ifAbsent?: boolean;
}

/**
 * Stores the build log of a derivation where `nix log` and `BinaryCache.log` look for it.
 *
 * @param log the text as it is, not compressed: Nix decompresses only what a server says is compressed
 * @throws TypeError for a path that is no derivation; StoreError
 *
 * @example
 * ```ts
 * import { BinaryCache, putLog } from 'narkit/cache';
 * import { MemoryStore } from 'narkit/store';
 * import { parseStorePath } from 'narkit/store-path';
 *
 * const cache = new BinaryCache(new MemoryStore());
 * const drvPath = parseStorePath('/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.drv');
 * await putLog(cache, drvPath, new TextEncoder().encode('building\n'));
 * console.log(await new Response(await cache.log(drvPath)).text()); // building
 * ```
 */
export async function putLog(
  cache: BinaryCache<WritableStore>,
  drvPath: StorePath,
  log: ByteSource,
  options: PutLogOptions = {},
): Promise<PutResult> {
  checkOptions('putLog', options, ['signal', 'ifAbsent']);
  if (!isDerivation(drvPath))
    throw new TypeError(`putLog: ${printStorePath(drvPath, cache.storeDir)} is no derivation`);
  const key = logKey(drvPath);
  return await cache.store.put(key, log, { contentType: mimeType(key), ...options });
}

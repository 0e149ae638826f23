/**
 * Binary caches: layout, description, reading with verification.
 *
 * @module
 */
export type { BinaryCacheOptions, RealisationQuery } from './binary-cache.ts';
export { BinaryCache } from './binary-cache.ts';
export type { CacheInfo } from './cache-info.ts';
export { parseCacheInfo, printCacheInfo } from './cache-info.ts';
export { contentCheck } from './content-check.ts';
export { CACHE_INFO_KEY, listingKey, logKey, narInfoKey, narKey } from './layout.ts';
export { mimeType } from './mime.ts';
export type { OpenArchiveOptions } from './open-archive.ts';
export { openArchive } from './open-archive.ts';
export type { PutLogOptions } from './put-log.ts';
export { putLog } from './put-log.ts';
export type { Expected } from './verified.ts';
export { verified } from './verified.ts';

/**
 * Whose fault an error is.
 */
import { isNarkitError, type StoreError } from 'narkit';
import { CACHE_INFO_KEY } from 'narkit/cache';

/** Refused, down, not there, or not a cache for this store: no path fares better. */
const DOWN = [
  'ERR_STORE_UNAVAILABLE',
  'ERR_STORE_DENIED',
  'ERR_MISSING_CONTAINER',
  'ERR_PARSE_CACHE_INFO',
  'ERR_STORE_DIR',
  // The store of this machine, which is no fault of a path either.
  'ERR_NIX_DAEMON_UNAVAILABLE',
  'ERR_NIX_DATABASE_BUSY',
] as const;

/** Answers that mean that this is no place to put things: wrong address, or a server that takes none. */
const NO_PLACE = [301, 302, 303, 307, 308, 404, 405, 410, 501];

/** The disk of a directory, whatever is written to it. */
const NO_DISK = ['ENOSPC', 'EDQUOT', 'EIO', 'ENODEV', 'ENXIO', 'ENOTCONN', 'ESTALE', 'EHOSTDOWN'];

/**
 * Whether the target is to blame (or the way to it, or the credentials): then trying other paths is pointless,
 * and this one has done nothing wrong.
 */
export function isTargetDown(error: unknown): boolean {
  if (isNarkitError(error, ...DOWN)) return true;
  if (!isNarkitError(error, 'ERR_STORE_FAILED')) return false;
  const { key, status, retryable, cause } = error as unknown as StoreError;
  // Before there is anything of a path in it, the cache describes itself.
  if (key === CACHE_INFO_KEY || retryable || (status !== undefined && NO_PLACE.includes(status))) return true;
  return NO_DISK.includes(String((cause as { code?: unknown } | undefined)?.code));
}

/**
 * `nix-cache-info` (narinfo.md section 6).
 *
 * @module
 */
import { ParseError } from '../errors.ts';
import type { StoreDir } from '../store-path/store-path.ts';
import { checkStoreDir, DEFAULT_STORE_DIR } from '../store-path/store-path.ts';

/** What a cache says of itself. */
export interface CacheInfo {
  /** Must equal the client's; `undefined`: not said, so not checked. */
  readonly storeDir?: StoreDir;
  /** Whether bulk queries are welcome. @default false */
  readonly wantMassQuery?: boolean;
  /** Lower is asked first; cache.nixos.org has 40. @default 0 */
  readonly priority?: number;
}

/**
 * Parses `nix-cache-info` as Nix does: lines without a colon and unknown keys are passed over,
 * white space around values is not part of them.
 *
 * @throws ParseError `ERR_PARSE_CACHE_INFO` for a priority that is no integer.
 *
 * @example
 * ```ts
 * import { parseCacheInfo } from 'narkit/cache';
 *
 * console.log(parseCacheInfo('StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 40\n'));
 * // { storeDir: '/nix/store', wantMassQuery: true, priority: 40 }
 * ```
 */
export function parseCacheInfo(text: string): CacheInfo {
  const info: { storeDir?: string; wantMassQuery?: boolean; priority?: number } = {};
  for (const [index, line] of text.split('\n').entries()) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const value = line.slice(colon + 1).trim();
    switch (line.slice(0, colon)) {
      case 'StoreDir':
        info.storeDir = value;
        break;
      case 'WantMassQuery':
        info.wantMassQuery = value === '1';
        break;
      case 'Priority':
        if (!/^-?[0-9]+$/.test(value) || !Number.isSafeInteger(Number(value))) {
          throw new ParseError(
            'ERR_PARSE_CACHE_INFO',
            `nix-cache-info, line ${index + 1}: Priority '${value}' is no integer`,
            {
              line: index + 1,
              field: 'Priority',
            },
          );
        }
        info.priority = Number(value);
        break;
      default:
    }
  }
  return info;
}

/**
 * The text of `nix-cache-info`; `StoreDir` is always in it.
 *
 * @throws ParseError `ERR_PARSE_STORE_PATH` for a bad `storeDir`; RangeError for a `priority` that is no integer.
 */
export function printCacheInfo(info: CacheInfo): string {
  if (!Number.isSafeInteger(info.priority ?? 0))
    throw new RangeError(`Priority ${info.priority} is no integer`);
  const lines = [`StoreDir: ${checkStoreDir(info.storeDir ?? DEFAULT_STORE_DIR)}`];
  if (info.wantMassQuery !== undefined) lines.push(`WantMassQuery: ${info.wantMassQuery ? 1 : 0}`);
  if (info.priority !== undefined) lines.push(`Priority: ${info.priority}`);
  return `${lines.join('\n')}\n`;
}

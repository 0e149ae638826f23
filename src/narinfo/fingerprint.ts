/**
 * The text that a signature covers (narinfo.md section 4).
 *
 * @module
 */
import { printHash } from '../hash/hash.ts';
import { checkOptions } from '../options.ts';
import type { StoreDir } from '../store-path/store-path.ts';
import { checkStoreDir, DEFAULT_STORE_DIR, printStorePath } from '../store-path/store-path.ts';
import { type PathInfo, sortedReferences } from './path-info.ts';

/** Options of {@link fingerprint}. */
export interface FingerprintOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
}

/**
 * `1;<store path>;<nar hash in nix32>;<nar size>;<references>`: full paths, references sorted and
 * each once, joined by commas. URL, compression, file hash and size, deriver and CA are not in it.
 *
 * @throws RangeError for a NAR size that is not a positive integer: Nix refuses to sign it.
 *
 * @example
 * ```ts
 * import { parseHash } from 'narkit/hash';
 * import { fingerprint } from 'narkit/narinfo';
 * import { parseStorePath } from 'narkit/store-path';
 *
 * console.log(
 *   fingerprint({
 *     storePath: parseStorePath('/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt'),
 *     narHash: parseHash('sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw'),
 *     narSize: 120,
 *     references: [],
 *   }),
 * ); // 1;/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt;sha256:04zw...;120;
 * ```
 */
export function fingerprint(
  info: Pick<PathInfo, 'storePath' | 'narHash' | 'narSize' | 'references'>,
  options: FingerprintOptions = {},
): string {
  checkOptions('fingerprint', options, ['storeDir']);
  const storeDir = checkStoreDir(options.storeDir ?? DEFAULT_STORE_DIR);
  if (!Number.isSafeInteger(info.narSize) || info.narSize <= 0) {
    throw new RangeError(`the NAR size of ${info.storePath} must be a positive integer, not ${info.narSize}`);
  }
  const references = sortedReferences(info.references).map((path) => printStorePath(path, storeDir));
  const path = printStorePath(info.storePath, storeDir);
  return `1;${path};${printHash(info.narHash, 'nix32')};${info.narSize};${references.join(',')}`;
}

/**
 * Where things are in a binary cache (narinfo.md section 1): keys relative to its root.
 *
 * @module
 */
import type { Codec } from '../codec/codec.ts';
import type { Hash } from '../hash/hash.ts';
import { printDigest } from '../hash/hash.ts';
import type { StorePath } from '../store-path/store-path.ts';
import { hashPart } from '../store-path/store-path.ts';

/** The cache's description of itself. */
export const CACHE_INFO_KEY = 'nix-cache-info';

/** `<hash part>.narinfo` */
export function narInfoKey(path: StorePath): string {
  return `${hashPart(path)}.narinfo`;
}

/** `<hash part>.ls` */
export function listingKey(path: StorePath): string {
  return `${hashPart(path)}.ls`;
}

/** `log/<base name of the derivation>` */
export function logKey(drvPath: StorePath): string {
  return `log/${drvPath}`;
}

/**
 * `nar/<hash of the NAR>.nar<extension>`.
 *
 * Nix names NARs by the hash of the compressed file. By the NAR's own hash the key is known before
 * the first byte, so nothing has to be spooled, and equal content is stored once.
 */
export function narKey(narHash: Hash, codec: Pick<Codec, 'extension'>): string {
  return `nar/${printDigest(narHash, 'nix32')}.nar${codec.extension}`;
}

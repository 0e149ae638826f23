/**
 * narkit's side of every topic.
 *
 * @module
 */
import { cacheInfoOperations } from './operations/cache-info.ts';
import { contentAddressOperations } from './operations/content-address.ts';
import { fingerprintOperations } from './operations/fingerprint.ts';
import { hashOperations } from './operations/hash.ts';
import { listingOperations } from './operations/listing.ts';
import { narOperations } from './operations/nar.ts';
import { narinfoOperations } from './operations/narinfo.ts';
import { nix32Operations } from './operations/nix32.ts';
import { signatureOperations } from './operations/signature.ts';
import { storePathOperations } from './operations/store-path.ts';
import type { ConformanceOperations } from './operations.ts';

/**
 * The operations of every topic by narkit's own functions, by topic: `narkitOperations['nix32']`.
 */
export const narkitOperations: { readonly [topic: string]: ConformanceOperations } = {
  nix32: nix32Operations,
  hash: hashOperations,
  'store-path': storePathOperations,
  'content-address': contentAddressOperations,
  fingerprint: fingerprintOperations,
  signature: signatureOperations,
  'cache-info': cacheInfoOperations,
  nar: narOperations,
  narinfo: narinfoOperations,
  listing: listingOperations,
};

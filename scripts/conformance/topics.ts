/** Every topic of the conformance kit, in the order in which they are generated. */
import { cacheInfo } from './cache-info.ts';
import { contentAddress } from './content-address.ts';
import { fingerprint } from './fingerprint.ts';
import { hash } from './hash.ts';
import { listing } from './listing.ts';
import { nar } from './nar.ts';
import { narinfo } from './narinfo.ts';
import { nix32 } from './nix32.ts';
import { signature } from './signature.ts';
import { storePath } from './store-path.ts';
import type { Topic } from './topic.ts';

export const topics: readonly Topic[] = [
  nix32,
  hash,
  storePath,
  contentAddress,
  fingerprint,
  signature,
  cacheInfo,
  nar,
  narinfo,
  listing,
];

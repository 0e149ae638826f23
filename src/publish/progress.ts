/**
 * What publishing tells while it works, and what it leaves behind.
 *
 * @module
 */
import type { Hash } from '../hash/hash.ts';
import type { PathInfo } from '../narinfo/path-info.ts';
import type { Signature } from '../signature/signature.ts';
import type { StorePath } from '../store-path/store-path.ts';
import type { PlanItem } from './plan.ts';

/** Of a path whose narinfo was there and, with `check: 'exists'`, was not read: nothing is known of it. */
export interface ExistsReceipt {
  readonly storePath: StorePath;
  readonly outcome: 'exists';
}

/** What was done for one path: enough to check the cache against later. */
export interface Receipt {
  readonly storePath: StorePath;
  /**
   * `uploaded`: with its NAR; `deduplicated`: its NAR was there, and was found right; `differs`: the cache
   * has another build, which was left alone and which the rest of this receipt describes.
   */
  readonly outcome: 'uploaded' | 'deduplicated' | 'resigned' | 'present' | 'differs';
  readonly narHash: Hash;
  readonly narSize: number;
  /** Key of the NAR. */
  readonly url: string;
  readonly compression: string;
  readonly fileHash?: Hash;
  readonly fileSize?: number;
  /** The store's entity tag of the NAR, where it gave one. */
  readonly etag?: string;
  readonly signatures: readonly Signature[];
}

/** Progress of {@link publish}, in the order things happen. */
export type PublishEvent =
  /** Everything that will be done. */
  | { readonly type: 'plan'; readonly items: readonly PlanItem[] }
  /** Reading of a NAR began; it begins anew when a failed upload is tried again. */
  | { readonly type: 'start'; readonly info: PathInfo }
  /** `bytes` of the NAR's `narSize` were read. */
  | { readonly type: 'progress'; readonly info: PathInfo; readonly bytes: number }
  /** A try to upload the NAR failed, and another follows. */
  | { readonly type: 'retry'; readonly info: PathInfo; readonly error: Error }
  /** The path is complete in the cache; not told of those that the plan calls `exists`, which nobody looked into. */
  | { readonly type: 'done'; readonly receipt: Receipt };

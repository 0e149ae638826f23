/**
 * Publishing paths into a cache, so that what is visible is always true and complete.
 *
 * @module
 */
import pMap from 'p-map';
import { utf8 } from '../bytes/bytes.ts';
import type { ByteSource } from '../bytes/stream.ts';
import type { BinaryCache } from '../cache/binary-cache.ts';
import { printCacheInfo } from '../cache/cache-info.ts';
import { CACHE_INFO_KEY } from '../cache/layout.ts';
import type { Codec } from '../codec/codec.ts';
import { gzip } from '../codec/gzip.ts';
import type { PathInfo } from '../narinfo/path-info.ts';
import { checkOptions } from '../options.ts';
import type { Signer } from '../signature/signer.ts';
import type { WritableStore } from '../store/store.ts';
import type { StorePath } from '../store-path/store-path.ts';
import type { PlanItem, PlanOptions } from './plan.ts';
import { plan } from './plan.ts';
import type { ExistsReceipt, PublishEvent, Receipt } from './progress.ts';
import type { UploadContext } from './upload-nar.ts';
import { type Upload, Uploads } from './uploads.ts';
import { type KnownItem, publishNarInfo } from './write-narinfo.ts';

/** Options of {@link publish}. */
export interface PublishOptions {
  /** Opens the NAR of a path from its beginning; on Node: `localNar()`. Called again when an upload is retried. */
  nar: (info: PathInfo) => ByteSource | Promise<ByteSource>;
  /** @default gzip; on Node `zstd` is the better choice */
  codec?: Codec;
  /** Every published path gets a signature by each of them, beside those it has. @default [] */
  signers?: readonly Signer[];
  /** Publish paths that carry no signature and are not content-addressed. @default false */
  allowUnsigned?: boolean;
  /** Publish paths whose references the cache lacks. @default false */
  incompleteClosure?: boolean;
  /** What is done about a path whose narinfo is there, as for `plan`. @default 'read' */
  check?: NonNullable<PlanOptions['check']>;
  /** Also write the listing of each NAR (`.ls`). @default false */
  listing?: boolean;
  /** NARs under way at once; of small ones, up to 64 KiB, eight times as many beside them. @default 4 */
  concurrency?: number;
  /** More tries of a NAR upload after the store was unavailable. @default 3 */
  retries?: number;
  /** Told of everything that happens; must not throw. */
  onEvent?: (event: PublishEvent) => void;
  signal?: AbortSignal;
}

const OPTIONS = [
  'nar',
  'codec',
  'signers',
  'allowUnsigned',
  'incompleteClosure',
  'check',
  'listing',
  'concurrency',
  'retries',
  'onEvent',
  'signal',
];

/** Small NARs wait for the store, large ones for the processor and the line. */
const SMALL_PER_LARGE = 8;

/** Narinfos written at once: they are small, and wait mostly. */
const NARINFO_CONCURRENCY = 32;

/**
 * Publishes paths into a binary cache: NARs first, of large ones the largest first, several at once, each
 * checked against its hash before it becomes visible; then each narinfo, signed, only after its
 * NAR and the narinfos of its references. So at every moment, also after a crash, whatever the
 * cache announces can be had, closure included. Running it again completes what is missing.
 *
 * @returns a receipt per path, in topological order.
 * @throws the first error; what was under way is aborted and leaves nothing behind. MissingError
 *   `ERR_MISSING_REFERENCE`, TrustError `ERR_UNSIGNED` and ParseError `ERR_STORE_DIR` come before
 *   anything is uploaded; IntegrityError `ERR_HASH_MISMATCH`, `ERR_SIZE_MISMATCH` when a NAR is not
 *   what its info says; StoreError.
 *
 * @example
 * ```ts
 * import { BinaryCache } from 'narkit/cache';
 * import { none } from 'narkit/codec';
 * import { hashBytes } from 'narkit/hash';
 * import { publish } from 'narkit/publish';
 * import { createSigner, generateSecretKey } from 'narkit/signature';
 * import { MemoryStore } from 'narkit/store';
 * import { makeContentAddressedPath } from 'narkit/store-path';
 * import { collect } from 'narkit';
 * import { writeNar } from 'narkit/nar';
 *
 * const nar = await collect(writeNar([{ type: 'symlink', path: '', target: 'elsewhere' }]));
 * const narHash = hashBytes('sha256', nar);
 * const storePath = makeContentAddressedPath('link', { method: 'nar', hash: narHash });
 * const receipts = await publish(
 *   new BinaryCache(new MemoryStore()),
 *   [{ storePath, narHash, narSize: nar.length, references: [], signatures: [] }],
 *   { nar: () => nar, codec: none, signers: [createSigner(generateSecretKey('cache-1'))] },
 * );
 * console.log(receipts[0]?.outcome); // uploaded
 * ```
 */
export async function publish(
  cache: BinaryCache<WritableStore>,
  infos: Iterable<PathInfo>,
  options: PublishOptions & { check?: 'read' },
): Promise<Receipt[]>;
/** With `check: 'exists'`, the receipts of paths that were there say only that. */
export async function publish(
  cache: BinaryCache<WritableStore>,
  infos: Iterable<PathInfo>,
  options: PublishOptions,
): Promise<(Receipt | ExistsReceipt)[]>;
export async function publish(
  cache: BinaryCache<WritableStore>,
  infos: Iterable<PathInfo>,
  options: PublishOptions,
): Promise<(Receipt | ExistsReceipt)[]> {
  checkOptions('publish', options, OPTIONS);
  const { signers = [], allowUnsigned = false, incompleteClosure = false, check = 'read' } = options;
  const failed = new AbortController();
  const signal =
    options.signal === undefined ? failed.signal : AbortSignal.any([options.signal, failed.signal]);
  const context: UploadContext = {
    cache,
    codec: options.codec ?? gzip,
    nar: options.nar,
    listing: options.listing ?? false,
    retries: options.retries ?? 3,
    onEvent: options.onEvent ?? (() => {}),
    signal,
  };

  await ensureCacheInfo(cache, signal);
  const items = await plan(cache, infos, { signers, allowUnsigned, incompleteClosure, check, signal });
  context.onEvent({ type: 'plan', items });

  // After the first failure everything under way is told to stop, and waited for: no upload goes
  // on behind the back of the caller.
  const guarded =
    <T>(work: (item: T) => Promise<void>) =>
    async (item: T): Promise<void> => {
      if (signal.aborted) return;
      try {
        await work(item);
      } catch (error) {
        failed.abort(error);
      }
    };

  const uploads = new Uploads(context, items);
  const receipts = new Map<StorePath, Promise<Receipt>>();
  const write = async (item: KnownItem): Promise<void> => {
    const receipt = publishNarInfo(context, item, signers, uploads, receipts);
    receipts.set(item.info.storePath, receipt);
    context.onEvent({ type: 'done', receipt: await receipt });
  };
  const upload = guarded((job: Upload) => uploads.run(job));
  const concurrency = options.concurrency ?? 4;
  await Promise.all([
    pMap(uploads.large, upload, { concurrency }),
    pMap(uploads.small, upload, { concurrency: SMALL_PER_LARGE * concurrency }),
    // In topological order: whatever an item waits for was started before it.
    pMap(items.filter(isKnown), guarded(write), { concurrency: NARINFO_CONCURRENCY }),
  ]);
  signal.throwIfAborted();
  return await Promise.all(
    items.map(({ info: { storePath } }) => receipts.get(storePath) ?? { storePath, outcome: 'exists' }),
  );
}

function isKnown(item: PlanItem): item is KnownItem {
  return item.action !== 'exists';
}

/** A cache must describe itself before anything is in it: HTTP clients refuse it otherwise. */
async function ensureCacheInfo(cache: BinaryCache<WritableStore>, signal: AbortSignal): Promise<void> {
  if ((await cache.cacheInfo({ signal })) !== undefined) return;
  const body = utf8(printCacheInfo({ storeDir: cache.storeDir }));
  await cache.store.put(CACHE_INFO_KEY, body, {
    size: body.length,
    contentType: 'text/x-nix-cache-info',
    ifAbsent: true,
    signal,
  });
}

/**
 * Getting a path out of a cache, the mirror of publishing.
 *
 * @module
 */
import { toAsyncIterable, toReadableStream } from '../bytes/stream.ts';
import type { BinaryCache } from '../cache/binary-cache.ts';
import { MissingError } from '../errors.ts';
import type { NarInfo } from '../narinfo/path-info.ts';
import type { CompiledPolicy } from '../narinfo/policy.ts';
import { checkOptions } from '../options.ts';
import type { PublicKey } from '../signature/key.ts';
import type { StorePath } from '../store-path/store-path.ts';
import { printStorePath } from '../store-path/store-path.ts';
import { checkTrustSettings, trustCheck } from './trust.ts';

/** Options of {@link fetchPath}: either `trustedKeys` or `policy` must be there, never both. */
export interface FetchPathOptions {
  /** Keys of which one must have signed the path, unless it is content-addressed: Nix's rule. */
  trustedKeys?: readonly PublicKey[];
  /** Decides which paths to take; of `compilePolicy`, made once for many paths. */
  policy?: CompiledPolicy;
  /** With `policy`: the time at which its keys must be valid. @default the current time */
  now?: Date;
  /** `false`: take any path, as Nix with `require-sigs = false`; not with a `policy`. @default true */
  requireSigs?: boolean;
  signal?: AbortSignal;
}

/** A path that was found, and is trusted. */
export interface FetchedPath {
  readonly narInfo: NarInfo;
  /** The NAR; it ends only if its hash and size were right. Read or cancel it. */
  readonly nar: ReadableStream<Uint8Array>;
}

/**
 * Finds a path in the cache, decides whether to trust it *before* anything is downloaded, and opens
 * its NAR. Where only the content address speaks for the path, its content is held to that address as
 * it passes. Restore it with `restorePath(readNar(nar), destination)`: that shows the tree only after the
 * stream ended well.
 *
 * @throws MissingError `ERR_MISSING_PATH`, `ERR_MISSING_NAR`; TrustError `ERR_UNSIGNED`,
 *   `ERR_UNTRUSTED`, which say why; from the stream IntegrityError. TypeError for options that contradict.
 *
 * @example
 * ```ts
 * import { isNarkitError } from 'narkit';
 * import { BinaryCache } from 'narkit/cache';
 * import { fetchPath } from 'narkit/publish';
 * import { MemoryStore } from 'narkit/store';
 * import { parseStorePath } from 'narkit/store-path';
 *
 * const cache = new BinaryCache(new MemoryStore());
 * const path = parseStorePath('/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt');
 * await fetchPath(cache, path, { trustedKeys: [] }).catch((err) => {
 *   if (isNarkitError(err, 'ERR_MISSING_PATH')) console.log(err.message);
 * });
 * ```
 */
export async function fetchPath(
  cache: BinaryCache,
  storePath: StorePath,
  options: FetchPathOptions,
): Promise<FetchedPath> {
  checkOptions('fetchPath', options, ['trustedKeys', 'policy', 'now', 'requireSigs', 'signal']);
  checkTrustSettings('fetchPath', options);
  const call = options.signal === undefined ? {} : { signal: options.signal };
  const narInfo = await cache.narInfo(storePath, call);
  if (narInfo === undefined) {
    const subject = printStorePath(storePath, cache.storeDir);
    throw new MissingError('ERR_MISSING_PATH', `'${cache.store.name}' does not have ${subject}`, { subject });
  }
  const check = trustCheck(narInfo, cache.storeDir, options);
  const nar = await cache.openNar(narInfo, call);
  return { narInfo, nar: check === undefined ? nar : toReadableStream(check(toAsyncIterable(nar)), nar) };
}

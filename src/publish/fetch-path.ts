/**
 * Getting a path out of a cache, the mirror of publishing.
 *
 * @module
 */
import type { ByteTransform } from '../bytes/stream.ts';
import { toAsyncIterable, toReadableStream } from '../bytes/stream.ts';
import type { BinaryCache } from '../cache/binary-cache.ts';
import { contentCheck } from '../cache/content-check.ts';
import { MissingError } from '../errors.ts';
import type { NarInfo } from '../narinfo/path-info.ts';
import { assertSigned, isContentAddressed, validSigners } from '../narinfo/sign.ts';
import { checkOptions } from '../options.ts';
import type { PublicKey } from '../signature/key.ts';
import { Keyring } from '../signature/signature.ts';
import type { StorePath } from '../store-path/store-path.ts';
import { printStorePath } from '../store-path/store-path.ts';

/** Options of {@link fetchPath}. */
export interface FetchPathOptions {
  /** Keys of which one must have signed the path, unless it is content-addressed. */
  trustedKeys: readonly PublicKey[];
  /** `false`: take any path, as Nix with `require-sigs = false`. @default true */
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
 * Finds a path in the cache, checks its signatures *before* anything is downloaded, and opens its
 * NAR. Restore it with `restorePath(readNar(nar), destination)`: that shows the tree only after the
 * stream ended well.
 *
 * @throws MissingError `ERR_MISSING_PATH`, `ERR_MISSING_NAR`; TrustError `ERR_UNSIGNED`,
 *   `ERR_UNTRUSTED`; from the stream IntegrityError.
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
  checkOptions('fetchPath', options, ['trustedKeys', 'requireSigs', 'signal']);
  const call = options.signal === undefined ? {} : { signal: options.signal };
  const narInfo = await cache.narInfo(storePath, call);
  if (narInfo === undefined) {
    const subject = printStorePath(storePath, cache.storeDir);
    throw new MissingError('ERR_MISSING_PATH', `'${cache.store.name}' does not have ${subject}`, { subject });
  }
  const check = (options.requireSigs ?? true) ? trustCheck(cache, narInfo, options.trustedKeys) : undefined;
  const nar = await cache.openNar(narInfo, call);
  return { narInfo, nar: check === undefined ? nar : toReadableStream(check(toAsyncIterable(nar)), nar) };
}

/**
 * Returns what is left to be checked of a path's content, once its narinfo is trusted: nothing, if
 * a key vouches for it; all of it, if only its content address does.
 */
function trustCheck(
  cache: BinaryCache,
  info: NarInfo,
  trustedKeys: readonly PublicKey[],
): ByteTransform | undefined {
  const keyring = new Keyring(trustedKeys);
  const { storeDir } = cache;
  if (validSigners(info, keyring, { storeDir }).length > 0) return undefined;
  const check = isContentAddressed(info, { storeDir }) ? contentCheck(info) : undefined;
  // An address that nothing can be held to counts for nothing: this throws, and says why.
  if (check === undefined) assertSigned(info, keyring, { storeDir });
  return check;
}

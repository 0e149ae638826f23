/**
 * Single files out of a cache's NARs.
 *
 * @module
 */
import { partOf } from '../bytes/part.ts';
import { toAsyncIterable } from '../bytes/stream.ts';
import { none } from '../codec/codec.ts';
import { UnsupportedError } from '../errors.ts';
import type { NarListing } from '../nar/listing.ts';
import type { NarArchive } from '../nar/nar-archive.ts';
import type { NarRangeReader } from '../nar/nar-contents.ts';
import { openNar } from '../nar/open-nar.ts';
import type { NarInfo } from '../narinfo/path-info.ts';
import { checkOptions } from '../options.ts';
import type { StoreCallOptions } from '../store/store.ts';
import type { BinaryCache } from './binary-cache.ts';
import { NarFile } from './nar-file.ts';
import { zstdRanges } from './zstd-ranges.ts';

/** Options of {@link openArchive}. */
export interface OpenArchiveOptions {
  /** The listing, where it is at hand already. @default what the cache has */
  listing?: NarListing;
  /**
   * Largest NAR, in bytes, to be streamed from its beginning to the wanted place where there is no way
   * to seek in it; a larger one is refused.
   *
   * @default no limit
   */
  streamLimit?: number;
  /** For opening; reading has its own. */
  signal?: AbortSignal;
}

/**
 * Opens the NAR of a path to read single files of it. `undefined` where the cache has no listing of it.
 *
 * How much is downloaded for a file depends on how the NAR is stored:
 *
 * - `none`: the file alone, by one request.
 * - `zstd` in frames with a seek table, as `zstdCodec` of `narkit/node` writes NARs above its
 *   `frameSize`: the frames that hold the file, whole, by one request; none, where it lies in the
 *   frame read last. Opening takes one request for the table (a second for one above 64 KiB, and one
 *   for the size where the narinfo has no `FileSize`).
 * - Anything else, and where the server ignores ranges: the NAR from its beginning up to the file's
 *   end, every time, in little memory; see `streamLimit`.
 *
 * **Nothing read this way is covered by the NAR hash, and so by no signature**, nor is the listing or the
 * seek table: believe it as far as you believe the cache. What is checked: contents of the listed size
 * begin where the listing says (unless only a later part is read); the object stays the same; every
 * frame that is used has the sizes of the table, and no byte of one up to 16 MiB goes on before all of it
 * is checked. Frames end with a checksum (XXH64) which finds damage, but no ill will: the codec of
 * `narkit/node` checks it, `zstdDecoder` does not. For more, read the whole NAR: `BinaryCache.openNar`.
 *
 * @throws MissingError `ERR_MISSING_NAR`; UnsupportedError for a compression without decoder, and for what
 *   `streamLimit` excludes (found out when read, for `none`); IntegrityError `ERR_COMPRESSED_DATA`,
 *   `ERR_SIZE_MISMATCH`, also from reading, for a file or seek table that is not of this NAR;
 *   StoreError `ERR_STORE_FAILED`, from reading, when the object was replaced since.
 *
 * @example
 * ```ts
 * import { BinaryCache, openArchive } from 'narkit/cache';
 * import { none } from 'narkit/codec';
 * import { hashBytes } from 'narkit/hash';
 * import { writeNar } from 'narkit/nar';
 * import { publish } from 'narkit/publish';
 * import { MemoryStore } from 'narkit/store';
 * import { makeContentAddressedPath } from 'narkit/store-path';
 * import { collect } from 'narkit';
 *
 * const body = new TextEncoder().encode('hello\n');
 * const nar = await collect(
 *   writeNar([
 *     { type: 'directory', path: '' },
 *     { type: 'regular', path: 'greeting', executable: false, size: 6, body },
 *   ]),
 * );
 * const narHash = hashBytes('sha256', nar);
 * const ca = { method: 'nar', hash: narHash } as const;
 * const storePath = makeContentAddressedPath('hello', ca);
 * const cache = new BinaryCache(new MemoryStore());
 * const info = { storePath, narHash, narSize: nar.length, references: [], signatures: [], ca };
 * await publish(cache, [info], { nar: () => nar, codec: none, listing: true });
 *
 * const narInfo = await cache.narInfo(storePath);
 * const archive = narInfo && (await openArchive(cache, narInfo));
 * console.log(await new Response(archive?.readFile('greeting')).text()); // hello
 * ```
 */
export async function openArchive(
  cache: BinaryCache,
  info: NarInfo,
  options: OpenArchiveOptions = {},
): Promise<NarArchive | undefined> {
  checkOptions('openArchive', options, ['listing', 'streamLimit', 'signal']);
  const { streamLimit = Number.POSITIVE_INFINITY, signal } = options;
  const decoder = cache.decoder(info.compression);
  const listing = options.listing ?? (await cache.listing(info.storePath, callOptions(signal)));
  if (listing === undefined) return undefined;
  const file = new NarFile(cache, info);
  let range: NarRangeReader | undefined;
  if (decoder === none) range = plainRanges(file, streamLimit);
  else if (decoder.name === 'zstd') range = await zstdRanges(file, decoder, signal);
  if (range === undefined) {
    checkLimit(info, streamLimit);
    range = async (offset, length, { signal }) => {
      const { body } = await cache.narObject(info, callOptions(signal));
      return partOf(decoder.decompress(toAsyncIterable(body)), offset, length);
    };
  }
  return openNar(listing, range, { narSize: info.narSize });
}

/** Uncompressed, the object is the NAR. */
function plainRanges(file: NarFile, streamLimit: number): NarRangeReader {
  return async (offset, length, { signal }) => {
    const { range, body } = await file.get(offset, length, signal);
    if (range !== undefined) return body;
    try {
      checkLimit(file.info, streamLimit);
    } catch (err) {
      await body.cancel();
      throw err;
    }
    return partOf(toAsyncIterable(body), offset, length);
  };
}

function checkLimit({ storePath, narSize }: NarInfo, streamLimit: number): void {
  if (narSize <= streamLimit) return;
  throw new UnsupportedError(
    `the NAR of ${storePath} cannot be sought in (no seek table, or a server without ranges): ` +
      `${narSize} bytes would be streamed, the limit is ${streamLimit}`,
    { feature: 'random access' },
  );
}

function callOptions(signal: AbortSignal | undefined): StoreCallOptions {
  return signal === undefined ? {} : { signal };
}

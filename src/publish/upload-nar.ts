/**
 * One NAR into the cache: one forward stream, checked before it becomes visible.
 *
 * @module
 */
import pRetry from 'p-retry';
import { concatBytes, utf8 } from '../bytes/bytes.ts';
import { observed } from '../bytes/observed.ts';
import type { ByteSource } from '../bytes/stream.ts';
import { collect, toAsyncIterable } from '../bytes/stream.ts';
import type { BinaryCache } from '../cache/binary-cache.ts';
import { listingKey } from '../cache/layout.ts';
import type { Expected } from '../cache/verified.ts';
import { checkWhole, metered, verified, wrongSize } from '../cache/verified.ts';
import type { Codec } from '../codec/codec.ts';
import { none } from '../codec/codec.ts';
import { isNarkitError, StoreError } from '../errors.ts';
import type { Hash } from '../hash/hash.ts';
import type { HashAndSize } from '../hash/hash-source.ts';
import { HashMeter, hashBytes } from '../hash/hash-source.ts';
import { narListing, printNarListing } from '../nar/listing.ts';
import { readNar } from '../nar/read.ts';
import type { NarInfo, PathInfo } from '../narinfo/path-info.ts';
import type { WritableStore } from '../store/store.ts';
import { printStorePath } from '../store-path/store-path.ts';
import type { PublishEvent } from './progress.ts';

/** Where a NAR is, and what is known of the object. */
export interface NarObject {
  readonly url: string;
  readonly compression: string;
  readonly fileHash: Hash;
  readonly fileSize: number;
  readonly etag?: string;
  readonly outcome: 'uploaded' | 'deduplicated';
}

/** What {@link uploadNar} needs besides the path. */
export interface UploadContext {
  readonly cache: BinaryCache<WritableStore>;
  readonly codec: Codec;
  /** Opens the NAR of a path; called again for every try. */
  readonly nar: (info: PathInfo) => ByteSource | Promise<ByteSource>;
  /** Whether the listing is written beside the NAR. */
  readonly listing: boolean;
  readonly retries: number;
  readonly onEvent: (event: PublishEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * Most bytes of a NAR that is held in memory as a whole: then it is checked before anything is sent, and one
 * request both asks whether it is there and stores it.
 */
export const SMALL_NAR: number = 64 * 1024;

/**
 * Puts the NAR of `info` under its own hash, which `url` is made of. One that is there already is read back
 * and kept when it is right, replaced when it is not: a name alone proves nothing.
 */
export async function uploadNar(context: UploadContext, info: PathInfo, url: string): Promise<NarObject> {
  const { cache, signal } = context;
  let overwrite = false;
  // A large NAR is not read and compressed for nothing.
  if (info.narSize > SMALL_NAR && (await cache.store.head(url, { signal })) !== undefined) {
    const present = await readBack(context, info, url);
    if (present !== undefined) return present;
    overwrite = true;
  }
  return await pRetry(() => uploadOnce(context, info, url, overwrite), {
    retries: context.retries,
    minTimeout: 500,
    randomize: true,
    signal,
    shouldRetry: ({ error }) => error instanceof StoreError && error.retryable,
    onFailedAttempt: ({ error, retriesLeft }) => {
      if (retriesLeft > 0) context.onEvent({ type: 'retry', info, error });
    },
  });
}

async function uploadOnce(
  context: UploadContext,
  info: PathInfo,
  url: string,
  overwrite: boolean,
): Promise<NarObject> {
  const { cache, signal, onEvent } = context;
  onEvent({ type: 'start', info });
  const { body, facts } = await (info.narSize > SMALL_NAR ? streamed(context, info) : whole(context, info));
  const put = await cache.store.put(url, body, {
    ...(body instanceof Uint8Array && { size: body.length }),
    contentType: 'application/x-nix-nar',
    ifAbsent: !overwrite,
    signal,
  });
  if (put.outcome === 'present') {
    // A name proves nothing; and whoever put it may have another version of the compressor.
    const present = await readBack(context, info, url);
    return present ?? (await uploadOnce(context, info, url, true));
  }
  return narObject(url, context.codec, facts(), put.etag, 'uploaded');
}

/** What is put, and what it was found to be once it is through. */
interface Outgoing {
  readonly body: AsyncIterable<Uint8Array> | Uint8Array;
  readonly facts: () => HashAndSize;
}

async function streamed(context: UploadContext, info: PathInfo): Promise<Outgoing> {
  let source = watched(context, info, toAsyncIterable(await context.nar(info)));
  if (context.listing) source = listed(context, info, source);
  const nar = verified(expectedNar(context, info))(source);
  const same = fileHashOf(context.codec, info);
  if (same !== undefined) return { body: nar, facts: () => ({ hash: same, size: info.narSize }) };
  const file = new HashMeter('sha256');
  return { body: metered(file)(context.codec.compress(nar)), facts: () => file.finish() };
}

/** A small NAR as a whole: the stages of {@link streamed} would cost several times what they do. */
async function whole(context: UploadContext, info: PathInfo): Promise<Outgoing> {
  const { codec, onEvent, signal } = context;
  const expected = expectedNar(context, info);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of toAsyncIterable(await context.nar(info))) {
    signal.throwIfAborted();
    bytes += chunk.length;
    onEvent({ type: 'progress', info, bytes });
    if (bytes > info.narSize) throw wrongSize(expected.subject, info.narSize, `more than ${info.narSize}`);
    chunks.push(chunk);
  }
  const nar = concatBytes(chunks);
  checkWhole(nar, expected);
  if (context.listing) await putListing(context, info, [nar]);
  const file = codec === none ? nar : await collect(codec.compress(toAsyncIterable(nar)));
  const hash = fileHashOf(codec, info) ?? hashBytes('sha256', file);
  return { body: file, facts: () => ({ hash, size: file.length }) };
}

/** The hash of a file that is nothing but a NAR: that was checked already. */
function fileHashOf(codec: Codec, { narHash }: PathInfo): Hash | undefined {
  return codec === none && narHash.algo === 'sha256' ? narHash : undefined;
}

function expectedNar({ cache }: UploadContext, info: PathInfo): Expected & { readonly size: number } {
  const subject = `NAR of ${printStorePath(info.storePath, cache.storeDir)}`;
  return { subject, hash: info.narHash, size: info.narSize };
}

/** Reads the object at `url` to its end; `undefined` when it is not the NAR it is named after. */
async function readBack(context: UploadContext, info: PathInfo, url: string): Promise<NarObject | undefined> {
  const { cache, codec, signal } = context;
  const object = await cache.store.get(url, { signal });
  if (object === undefined) return undefined;
  const file = new HashMeter('sha256');
  const check = verified({ subject: url, hash: info.narHash, size: info.narSize });
  try {
    const nar = check(codec.decompress(metered(file)(toAsyncIterable(object.body))));
    for await (const _ of nar) signal.throwIfAborted();
  } catch (error) {
    if (isNarkitError(error, 'ERR_HASH_MISMATCH', 'ERR_SIZE_MISMATCH', 'ERR_COMPRESSED_DATA'))
      return undefined;
    throw error;
  }
  return narObject(url, codec, file.finish(), object.etag, 'deduplicated');
}

function narObject(
  url: string,
  codec: Codec,
  { hash, size }: HashAndSize,
  etag: string | undefined,
  outcome: NarObject['outcome'],
): NarObject {
  const found = { url, compression: codec.name, fileHash: hash, fileSize: size, outcome };
  return etag === undefined ? found : { ...found, etag };
}

/** Passes the NAR on, and writes its listing when it is through: before the NAR becomes visible, as Nix does. */
function listed(
  context: UploadContext,
  info: PathInfo,
  source: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  return observed((nar) => putListing(context, info, nar))(source);
}

async function putListing({ cache, signal }: UploadContext, info: PathInfo, nar: ByteSource): Promise<void> {
  const text = utf8(printNarListing(await narListing(readNar(nar))));
  await cache.store.put(listingKey(info.storePath), text, {
    size: text.length,
    contentType: 'application/json',
    signal,
  });
}

/** Passes the NAR on, telling how far it got; the place where an abort is noticed. */
async function* watched(
  context: UploadContext,
  info: PathInfo,
  source: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source) {
    context.signal.throwIfAborted();
    bytes += chunk.length;
    context.onEvent({ type: 'progress', info, bytes });
    yield chunk;
  }
}

/** The narinfo that says where the NAR is. */
export function toNarInfo(info: PathInfo, nar: NarObject): NarInfo {
  const { storePath, narHash, narSize, references, signatures, ca, deriver } = info;
  return {
    storePath,
    url: nar.url,
    compression: nar.compression,
    fileHash: nar.fileHash,
    fileSize: nar.fileSize,
    narHash,
    narSize,
    references,
    signatures,
    ...(ca === undefined ? {} : { ca }),
    ...(deriver === undefined ? {} : { deriver }),
  };
}

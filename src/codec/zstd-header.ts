/**
 * The header of a zstd frame (RFC 8878 section 3.1.1.1). Private.
 *
 * @module
 */
import { UnsupportedError } from '../errors.ts';
import { badData } from './bad-data.ts';

/** First four bytes of a frame, little-endian. */
export const ZSTD_MAGIC = 0xfd_2f_b5_28;

/** First four bytes of a skippable frame, the low four bits aside. */
export const SKIPPABLE_MAGIC = 0x18_4d_2a_50;

/** Longest frame header: magic, descriptor, window, 4 of dictionary, 8 of content size. */
export const MAX_HEADER = 18;

/**
 * Largest window we decode, in bytes: what `zstd -d` and libzstd accept by default. More has to be
 * asked for there (`--long=31`), for a header of few bytes could otherwise claim all memory.
 */
const MAX_WINDOW: number = 2 ** 27;

/** What a frame says about itself. */
export interface ZstdFrameHeader {
  /** Content in bytes, if declared. */
  readonly contentSize: number | undefined;
  /** Whether four bytes of XXH64 follow the last block. */
  readonly checksum: boolean;
}

/** Length of the header whose first five bytes (magic, descriptor) are `bytes`. */
export function headerLength(bytes: Uint8Array): number {
  const descriptor = bytes[4] as number;
  return 5 + windowBytes(descriptor) + dictionaryBytes(descriptor) + sizeBytes(descriptor);
}

/**
 * Reads a whole header.
 *
 * @throws IntegrityError for a reserved bit; UnsupportedError for a window above 128 MiB and for a
 *   dictionary, which no binary cache can hand out.
 */
export function parseZstdHeader(bytes: Uint8Array): ZstdFrameHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const descriptor = view.getUint8(4);
  if ((descriptor & 0b1000) !== 0) throw badData('zstd', 'corrupt: a reserved bit is set');
  const dictionaryAt = 5 + windowBytes(descriptor);
  const sizeAt = dictionaryAt + dictionaryBytes(descriptor);
  if (bytes.subarray(dictionaryAt, sizeAt).some((byte) => byte !== 0)) {
    throw unsupported('it needs a dictionary');
  }
  const contentSize = readSize(view, sizeAt, sizeBytes(descriptor));
  const window = windowBytes(descriptor) === 0 ? (contentSize ?? 0) : windowSize(view.getUint8(5));
  if (window > MAX_WINDOW) throw unsupported(`its window is ${window} bytes, more than ${MAX_WINDOW}`);
  return { contentSize, checksum: (descriptor & 0b100) !== 0 };
}

function unsupported(why: string): UnsupportedError {
  return new UnsupportedError(`cannot decompress this zstd data: ${why}`, { feature: 'compression zstd' });
}

/** A frame in a single segment has no window of its own: the content is the window. */
function windowBytes(descriptor: number): number {
  return (descriptor & 0b10_0000) === 0 ? 1 : 0;
}

function dictionaryBytes(descriptor: number): number {
  return [0, 1, 2, 4][descriptor & 0b11] as number;
}

function sizeBytes(descriptor: number): number {
  const flag = descriptor >> 6;
  return flag === 0 ? 1 - windowBytes(descriptor) : 2 ** flag;
}

function windowSize(byte: number): number {
  const base = 2 ** (10 + (byte >> 3));
  return base + (base / 8) * (byte & 0b111);
}

function readSize(view: DataView, at: number, length: number): number | undefined {
  if (length === 0) return undefined;
  if (length === 1) return view.getUint8(at);
  if (length === 2) return view.getUint16(at, true) + 256;
  if (length === 4) return view.getUint32(at, true);
  const size = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(size)) throw badData('zstd', `corrupt: it declares a content of ${size} bytes`);
  return size;
}

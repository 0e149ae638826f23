/**
 * The seek table of zstd's seekable format (contrib/seekable_format in the zstd sources): a skippable
 * frame at the end of a file, with the sizes of all frames before it, so that a reader finds the ones
 * that hold what it wants. Private.
 *
 * @module
 */
import { badData } from './bad-data.ts';

/** Magic of the skippable frame that the format reserves. */
const FRAME_MAGIC = 0x18_4d_2a_5e;
/** Last four bytes of the file. */
const FOOTER_MAGIC = 0x8f_92_ea_b1;
/** Magic and size of a skippable frame. */
const HEAD = 8;
/** Number of frames, descriptor, magic. */
const FOOTER = 9;
/** A table larger than this, in bytes, is not read: 2 million frames, 8 TiB in frames of ours. */
const MAX_TABLE: number = 16 * 1024 * 1024;

/** Sizes of a frame, in bytes: compressed, and of its content. */
export type FrameSizes = readonly [compressed: number, content: number];

/** Where the frames of a file are. */
export interface SeekTable {
  /** Number of frames. */
  readonly frames: number;
  /** Offset of every frame in the file, and where the last one ends. */
  readonly offsets: Float64Array;
  /** Offset of every frame's content in the content, and the size of that. */
  readonly contents: Float64Array;
}

/** The table for these frames, without checksums: the frames have their own. */
export function printSeekTable(frames: readonly FrameSizes[]): Uint8Array {
  const table = new Uint8Array(HEAD + 8 * frames.length + FOOTER);
  const view = new DataView(table.buffer);
  view.setUint32(0, FRAME_MAGIC, true);
  view.setUint32(4, table.length - HEAD, true);
  let at = HEAD;
  for (const [compressed, content] of frames) {
    view.setUint32(at, compressed, true);
    view.setUint32(at + 4, content, true);
    at += 8;
  }
  view.setUint32(at, frames.length, true);
  view.setUint32(at + 5, FOOTER_MAGIC, true);
  return table;
}

/**
 * Length of the table that a file ends with, in bytes. `undefined`: none, or one that is not to be
 * used, being too large or of a later version.
 *
 * @param tail the last bytes of the file
 * @param fileSize bytes of the whole file
 */
export function seekTableLength(tail: Uint8Array, fileSize: number): number | undefined {
  const footer = footerOf(tail);
  if (footer === undefined) return undefined;
  const length = HEAD + footer.frames * footer.entry + FOOTER;
  return length > MAX_TABLE || length > fileSize ? undefined : length;
}

/**
 * Reads the table that a file ends with; `undefined` as of {@link seekTableLength}, and where what
 * stands in its place is no skippable frame of that length.
 *
 * @param tail at least as many of the last bytes as that says
 * @throws IntegrityError `ERR_COMPRESSED_DATA` for a table that is not of this file: its frames do not
 *   fill what is before it.
 */
export function parseSeekTable(tail: Uint8Array, fileSize: number): SeekTable | undefined {
  const footer = footerOf(tail);
  const length = seekTableLength(tail, fileSize);
  if (footer === undefined || length === undefined || length > tail.length) return undefined;
  const view = viewOf(tail.subarray(tail.length - length));
  // With the magic at the end alone it may be chance; with both it is a table.
  if (view.getUint32(0, true) !== FRAME_MAGIC || view.getUint32(4, true) !== length - HEAD) return undefined;
  const { frames, entry } = footer;
  const offsets = new Float64Array(frames + 1);
  const contents = new Float64Array(frames + 1);
  for (let i = 0; i < frames; i++) {
    const at = HEAD + i * entry;
    offsets[i + 1] = (offsets[i] as number) + view.getUint32(at, true);
    contents[i + 1] = (contents[i] as number) + view.getUint32(at + 4, true);
  }
  const filled = offsets[frames] as number;
  if (filled !== fileSize - length) {
    throw badData(
      'zstd',
      `corrupt: its seek table has frames of ${filled} bytes, but ${fileSize - length} are before it`,
    );
  }
  return { frames, offsets, contents };
}

/** The frame that holds byte `at` of the content, which is not beyond its end. */
export function frameAt({ contents, frames }: SeekTable, at: number): number {
  let [low, high] = [0, frames - 1];
  while (low < high) {
    // The first frame that ends after it: those without content are never the answer.
    const middle = (low + high) >> 1;
    if ((contents[middle + 1] as number) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What the last bytes say: how many frames, and how long an entry is. */
function footerOf(tail: Uint8Array): { frames: number; entry: number } | undefined {
  if (tail.length < FOOTER) return undefined;
  const view = viewOf(tail.subarray(tail.length - FOOTER));
  const descriptor = view.getUint8(4);
  // Bits 2 to 6 are reserved for versions that this cannot read.
  if (view.getUint32(5, true) !== FOOTER_MAGIC || (descriptor & 0b111_1100) !== 0) return undefined;
  // With a checksum of the content: the one that the frame itself may end with.
  return { frames: view.getUint32(0, true), entry: (descriptor & 0b1000_0000) === 0 ? 8 : 12 };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Ranges of a NAR in a zstd file of independent frames, found by the seek table at its end. Private.
 *
 * @module
 */
import { ByteReader } from '../bytes/byte-reader.ts';
import { partOf } from '../bytes/part.ts';
import { collect, toAsyncIterable } from '../bytes/stream.ts';
import { badData } from '../codec/bad-data.ts';
import type { Decoder } from '../codec/codec.ts';
import { frameAt, parseSeekTable, type SeekTable, seekTableLength } from '../codec/seek-table.ts';
import type { NarRangeReader } from '../nar/nar-contents.ts';
import type { NarFile } from './nar-file.ts';
import { withholdingLast, wrongSize } from './verified.ts';

/** Bytes asked for at once to find the table: that of 8,000 frames, 32 GiB in frames of ours. */
const TAIL: number = 64 * 1024;

/** Frames of at most this much content, in bytes, are checked whole before any of it goes on. */
const WHOLE: number = 16 * 1024 * 1024;

/**
 * Reads the seek table. `undefined`: there is none that can be used, or the server knows no ranges.
 *
 * @throws IntegrityError `ERR_COMPRESSED_DATA`, `ERR_SIZE_MISMATCH` for a file or a table that is
 *   not of this NAR.
 */
export async function zstdRanges(
  file: NarFile,
  decoder: Decoder,
  signal: AbortSignal | undefined,
): Promise<NarRangeReader | undefined> {
  const table = await readTable(file, signal);
  if (table === undefined) return undefined;
  const { storePath, narSize } = file.info;
  const size = table.contents[table.frames] as number;
  if (size !== narSize) throw wrongSize(`NAR of ${storePath}, by the seek table,`, narSize, String(size));
  const frames = new Frames(file, decoder, table);
  return (offset, length, options) => frames.read(offset, offset + length, options.signal);
}

async function readTable(file: NarFile, signal: AbortSignal | undefined): Promise<SeekTable | undefined> {
  const size = await file.size(signal);
  if (size === undefined) return undefined;
  let tail = await file.tail(Math.min(TAIL, size), size, signal);
  const length = tail && seekTableLength(tail, size);
  if (tail === undefined || length === undefined) return undefined;
  if (length > tail.length) tail = await file.tail(length, size, signal);
  return tail && parseSeekTable(tail, size);
}

class Frames {
  readonly #file: NarFile;
  readonly #decoder: Decoder;
  readonly #table: SeekTable;
  /** The last one that was read: small files often lie in the same. */
  #kept: { readonly frame: number; readonly content: Uint8Array } | undefined;

  constructor(file: NarFile, decoder: Decoder, table: SeekTable) {
    this.#file = file;
    this.#decoder = decoder;
    this.#table = table;
  }

  /** Bytes `start` to `end` of the NAR, by one request at most. */
  async *read(start: number, end: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    const { offsets, contents } = this.#table;
    let frame = frameAt(this.#table, start);
    const last = frameAt(this.#table, end - 1);
    if (this.#kept?.frame === frame) {
      const from = contents[frame] as number;
      // A copy: chunks belong to whoever receives them.
      yield this.#kept.content.slice(start - from, end - from);
      frame++;
    }
    if (frame > last) return;
    const first = offsets[frame] as number;
    const length = (offsets[last + 1] as number) - first;
    const object = await this.#file.get(first, length, signal);
    const body = toAsyncIterable(object.body);
    const reader = new ByteReader(object.range === undefined ? partOf(body, first, length) : body);
    try {
      for (; frame <= last; frame++) {
        const from = contents[frame] as number;
        yield* this.#readFrame(reader, frame, Math.max(start - from, 0), end - from);
      }
    } finally {
      await reader.cancel();
    }
  }

  /** Bytes `from` to `to`, or to the end, of the content of the frame that comes next. */
  async *#readFrame(reader: ByteReader, frame: number, from: number, to: number): AsyncGenerator<Uint8Array> {
    const { offsets, contents } = this.#table;
    const compressed = (offsets[frame + 1] as number) - (offsets[frame] as number);
    const size = (contents[frame + 1] as number) - (contents[frame] as number);
    const content = this.#decoder.decompress(exactly(reader, compressed));
    if (size > WHOLE) {
      yield* withholdingLast(checkedPart(content, size, from, to), () => {});
      return;
    }
    const kept = await collect(checkedPart(content, size, 0, size));
    this.#kept = { frame, content: kept };
    yield kept.slice(from, to);
  }
}

/** The next `length` bytes, and not fewer. */
async function* exactly(reader: ByteReader, length: number): AsyncGenerator<Uint8Array> {
  for (let left = length; left > 0; ) {
    if (reader.available === 0) await reader.fill(1);
    const chunk = reader.take(left);
    if (chunk.length === 0) throw badData('zstd', 'truncated');
    left -= chunk.length;
    yield chunk;
  }
}

/** Bytes `from` to `to` of the content of a frame, which is read to its end: there the checks are. */
async function* checkedPart(
  content: AsyncIterable<Uint8Array>,
  size: number,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array> {
  let came = 0;
  for await (const chunk of content) {
    const part = chunk.subarray(Math.max(from - came, 0), Math.max(to - came, 0));
    came += chunk.length;
    if (came > size) break;
    if (part.length > 0) yield part;
  }
  if (came === size) return;
  const actual = came > size ? 'more' : `only ${came}`;
  throw badData('zstd', `corrupt: by its seek table a frame has ${size} bytes, it has ${actual}`);
}

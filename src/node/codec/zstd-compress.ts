/**
 * Writes zstd as independent frames, compressed in parallel on libuv's thread pool. Private.
 *
 * One-shot compression of known input beats the streaming object on every count: it runs in
 * parallel, it puts the content size into each frame, so that readers can work in parallel too and
 * know what to allocate, and libzstd needs no buffer of its own.
 *
 * @module
 */
import { promisify } from 'node:util';
import { constants, type ZstdOptions, zstdCompress, zstdCompressSync } from 'node:zlib';
import type { ByteTransform } from '../../bytes/stream.ts';
import { coalesce } from '../../codec/coalesce.ts';
import { type FrameSizes, printSeekTable } from '../../codec/seek-table.ts';
import { cutBlocks, inOrder } from './blocks.ts';

/** What {@link zstdFrames} needs to know. */
export interface ZstdFramesOptions {
  readonly level: number;
  readonly frameSize: number;
  readonly parallel: number;
  readonly seekTable: boolean;
}

export function zstdFrames(options: ZstdFramesOptions): ByteTransform {
  const { level, frameSize, parallel, seekTable } = options;
  return (source) => coalesce(compress(source));

  async function* compress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const sizes: FrameSizes[] = [];
    // Written again and again: fresh blocks would be garbage by the gigabyte.
    const free: Uint8Array[] = [];
    const frames = inOrder(cutBlocks(source, frameSize, free), parallel, async (block) => {
      const frame = await compressFrame(block, level);
      if (block.length === frameSize) free.push(block);
      return { frame, content: block.length };
    });
    for await (const { frame, content } of frames) {
      sizes.push([frame.length, content]);
      yield frame;
    }
    // One frame needs no table: its start is the file's.
    if (seekTable && sizes.length > 1) yield printSeekTable(sizes);
  }
}

/** Content of a frame that is compressed at once, in bytes: half a millisecond at most, the pool's way is no shorter. */
const AT_ONCE = 32 * 1024;
/** Above this level even that takes too long for others to wait. */
const AT_ONCE_LEVEL = 6;

async function compressFrame(block: Uint8Array, level: number): Promise<Uint8Array> {
  const options = {
    // With room for the worst case, libzstd compresses in one call and straight into the result:
    // the default of 16 KiB takes two and a half times as long.
    chunkSize: compressBound(block.length),
    pledgedSrcSize: block.length,
    params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 },
  };
  const frame =
    block.length <= AT_ONCE && level <= AT_ONCE_LEVEL
      ? zstdCompressSync(block, options)
      : await compressInPool(block, options);
  // A copy, so that a reader who keeps frames does not keep the worst case of each.
  return new Uint8Array(frame);
}

const compressInPool = promisify(zstdCompress) as (
  block: Uint8Array,
  options: ZstdOptions,
) => Promise<Buffer>;

/** libzstd's own bound (`ZSTD_COMPRESSBOUND` in zstd.h), and a frame's overhead. */
function compressBound(length: number): number {
  const small = 128 * 1024;
  return length + (length >>> 8) + (length < small ? (small - length) >>> 11 : 0) + 64;
}

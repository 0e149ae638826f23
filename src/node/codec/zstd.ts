/**
 * `zstd` (RFC 8878) by node:zlib.
 *
 * @module
 */
import type { Codec } from '../../codec/codec.ts';
import { lazily } from '../../codec/lazily.ts';
import { checkOptions } from '../../options.ts';
import { POOL_JOBS } from './blocks.ts';
import { checkRange } from './check-range.ts';

/** Options of {@link zstdCodec}. */
export interface ZstdCodecOptions {
  /** 1 (fast) to 22 (small, and slow beyond use above 19). @default 3 */
  level?: number;
  /**
   * Content of one frame in bytes, up to 128 MiB. Frames are what is compressed and decompressed in
   * parallel and what a reader can seek to; smaller ones cost size and time (4 MiB: 6 % more than 8 MiB of both).
   *
   * @default 8 MiB
   */
  frameSize?: number;
  /**
   * Frames in flight, compressing or decompressing: each holds its content and its compressed form.
   * More than the threads of libuv's pool (four, see `UV_THREADPOOL_SIZE`) is of no use.
   *
   * @default the number of cores, four at most, and one
   */
  parallel?: number;
  /**
   * Whether to end files of several frames with the seek table of zstd's seekable format. It is a
   * skippable frame: zstd and Nix (checked with 2.8, 2.26 and 2.34) pass over it.
   *
   * @default true
   */
  seekTable?: boolean;
}

const MiB = 1024 * 1024;

/**
 * The `zstd` codec: what to write on Node.js.
 *
 * Writes independent frames with content size and checksum. Reads any number of frames and skips
 * skippable ones; a frame that does not declare its size, or is larger than 16 MiB, is streamed, so
 * memory stays bounded. Each frame is checked to its last byte, but a file cut exactly between two
 * frames is a shorter file like any other: the file's size or the NAR's hash tell.
 *
 * @throws TypeError for an unknown option; RangeError for one out of range.
 *
 * @example
 * ```ts
 * import { zstdCodec } from 'narkit/node';
 *
 * const codec = zstdCodec({ level: 12 });
 * for await (const chunk of codec.compress(new Blob(['hello']).stream())) console.log(chunk.length);
 * ```
 */
export function zstdCodec(options: ZstdCodecOptions = {}): Codec {
  checkOptions('zstdCodec', options, ['level', 'frameSize', 'parallel', 'seekTable']);
  const { level = 3, frameSize = 8 * MiB, parallel = POOL_JOBS, seekTable = true } = options;
  checkRange('zstdCodec', 'level', level, 1, 22);
  checkRange('zstdCodec', 'frameSize', frameSize, 1, 128 * MiB);
  checkRange('zstdCodec', 'parallel', parallel, 1);
  return {
    name: 'zstd',
    extension: '.zst',
    compress: lazily(async () => {
      const { zstdFrames } = await import('./zstd-compress.ts');
      return zstdFrames({ level, frameSize, parallel, seekTable });
    }),
    decompress: lazily(async () => (await import('./zstd-decompress.ts')).zstdContent(parallel)),
  };
}

/** {@link zstdCodec} with its defaults. */
export const zstd: Codec = zstdCodec();

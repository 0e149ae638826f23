/**
 * `br` (brotli, RFC 7932) by node:zlib.
 *
 * @module
 */
import { constants, createBrotliCompress, createBrotliDecompress } from 'node:zlib';
import type { Codec } from '../../codec/codec.ts';
import { checkOptions } from '../../options.ts';
import { checkRange } from './check-range.ts';
import { compressThrough, decompressThrough, STREAM_CHUNK } from './zlib-stream.ts';

/** Options of {@link brotliCodec}. */
export interface BrotliCodecOptions {
  /**
   * 0 (fast) to 11 (small). 11, what the `brotli` program and Nix write, takes some fifty times as
   * long as 5.
   *
   * @default 5
   */
  level?: number;
}

/**
 * The `br` codec. The name is Nix's: `br`, never `brotli`.
 *
 * The format knows neither a checksum nor concatenation: a second stream is trailing data, and
 * corruption that decodes is for the NAR hash to find.
 *
 * @throws TypeError for an unknown option; RangeError for a level that brotli does not have.
 */
export function brotliCodec(options: BrotliCodecOptions = {}): Codec {
  checkOptions('brotliCodec', options, ['level']);
  const { level = 5 } = options;
  checkRange('brotliCodec', 'level', level, 0, 11);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: level,
    // 16 MiB, the most that every decoder takes.
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
  };
  return {
    name: 'br',
    extension: '.br',
    compress: compressThrough(() => createBrotliCompress({ params, chunkSize: STREAM_CHUNK })),
    decompress: decompressThrough('br', () => createBrotliDecompress({ chunkSize: STREAM_CHUNK })),
  };
}

/** {@link brotliCodec} with its defaults. */
export const brotli: Codec = brotliCodec();

/**
 * Codecs by the usual programs: bzip2, lz4, lzip.
 *
 * @module
 */
import type { Codec } from '../../codec/codec.ts';
import { checkOptions } from '../../options.ts';
import { checkRange } from './check-range.ts';
import { commandCodec } from './command.ts';

/** Options of the codecs that are programs with a level. */
export interface ProgramCodecOptions {
  /**
   * The program's own level: bzip2 and lz4 1 to 9, lzip 0 to 9.
   *
   * @default the program's: bzip2 9, lz4 1, lzip 6
   */
  level?: number;
}

/** `bzip2` by the program of this name; what an absent `Compression` line in a narinfo means. */
export function bzip2Codec(options: ProgramCodecOptions = {}): Codec {
  return commandCodec({
    name: 'bzip2',
    extension: '.bz2',
    compress: ['bzip2', '-c', ...levelFlag('bzip2Codec', options, 1)],
    decompress: ['bzip2', '-dc'],
    complaint: /trailing garbage/,
  });
}

/** `lz4` (the frame format) by the program of this name. */
export function lz4Codec(options: ProgramCodecOptions = {}): Codec {
  return commandCodec({
    name: 'lz4',
    extension: '.lz4',
    compress: ['lz4', '-zc', ...levelFlag('lz4Codec', options, 1)],
    decompress: ['lz4', '-dc'],
  });
}

/** `lzip` by the program of this name. */
export function lzipCodec(options: ProgramCodecOptions = {}): Codec {
  return commandCodec({
    name: 'lzip',
    extension: '.lzip',
    compress: ['lzip', '-c', ...levelFlag('lzipCodec', options, 0)],
    decompress: ['lzip', '-dc', '--trailing-error'],
  });
}

/** {@link bzip2Codec} with its defaults. */
export const bzip2: Codec = bzip2Codec();
/** {@link lz4Codec} with its defaults. */
export const lz4: Codec = lz4Codec();
/** {@link lzipCodec} with its defaults. */
export const lzip: Codec = lzipCodec();

function levelFlag(where: string, options: ProgramCodecOptions, least: number): string[] {
  checkOptions(where, options, ['level']);
  if (options.level === undefined) return [];
  checkRange(where, 'level', options.level, least, 9);
  return [`-${options.level}`];
}

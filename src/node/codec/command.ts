/**
 * Codecs by child process: for what only a program can do.
 *
 * @module
 */
import type { ByteTransform } from '../../bytes/stream.ts';
import type { Codec } from '../../codec/codec.ts';
import { lazily } from '../../codec/lazily.ts';
import { checkOptions } from '../../options.ts';
import type { ProgramTask } from './program.ts';

/** A program that filters standard input to standard output, and its arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** Options of {@link commandCodec}. */
export interface CommandCodecOptions {
  /** Nix's name of the compression. */
  name: string;
  /** What a NAR's key gets after `.nar`, such as `.bz2`. */
  extension: string;
  /** Compresses. Found through `PATH`; no shell is involved. */
  compress: CommandLine;
  /** Decompresses; must fail on corrupt, truncated and trailing data. */
  decompress: CommandLine;
  /**
   * What the decompressor writes to standard error when it passes over trailing data and yet exits
   * with status 0, as bzip2 does; a match is an error. The program runs with `LC_ALL=C`.
   *
   * @default none
   */
  complaint?: RegExp;
}

/**
 * A codec whose two directions are programs.
 *
 * They run only while a stream is being read, at its pace, and are killed when its reader stops.
 * Failing to decompress is an IntegrityError `ERR_COMPRESSED_DATA`; a program that is missing,
 * killed by somebody else, or that fails to compress, an UnsupportedError. Both carry its status
 * and what it wrote to standard error.
 *
 * @throws TypeError for an unknown option or an empty command.
 *
 * @example
 * ```ts
 * import { commandCodec } from 'narkit/node';
 *
 * const pbzip2 = commandCodec({
 *   name: 'bzip2',
 *   extension: '.bz2',
 *   compress: ['pbzip2', '-c'],
 *   decompress: ['pbzip2', '-dc'],
 * });
 * console.log(pbzip2.extension); // .bz2
 * ```
 */
export function commandCodec(options: CommandCodecOptions): Codec {
  checkOptions('commandCodec', options, ['name', 'extension', 'compress', 'decompress', 'complaint']);
  const { name, extension, compress, decompress, complaint } = options;
  for (const command of [compress, decompress]) {
    if (!Array.isArray(command) || typeof command[0] !== 'string' || command[0] === '') {
      throw new TypeError(`commandCodec: a command must be [program, ...arguments], got ${String(command)}`);
    }
  }
  return {
    name,
    extension,
    compress: program({ name, command: compress, decompresses: false }),
    decompress: program({ name, command: decompress, decompresses: true, complaint }),
  };
}

function program(task: ProgramTask): ByteTransform {
  return lazily(async () => {
    const { runProgram } = await import('./program.ts');
    return (source) => runProgram(source, task);
  });
}

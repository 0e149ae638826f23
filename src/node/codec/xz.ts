/**
 * `xz`, Nix's default compression, by an addon or by the program.
 *
 * @module
 */
import { availableParallelism } from 'node:os';
import type { ByteTransform } from '../../bytes/stream.ts';
import type { Codec } from '../../codec/codec.ts';
import { isNarkitError, UnsupportedError } from '../../errors.ts';
import { checkOptions } from '../../options.ts';
import { checkRange } from './check-range.ts';
import type { XzAddon } from './xz-addon.ts';

/** Options of {@link xzCodec}. */
export interface XzCodecOptions {
  /** 0 (fast) to 9 (small, and 700 MB of memory for each thread). @default 6 */
  preset?: number;
  /**
   * Threads. Each takes, at preset 6, about 100 MB while it compresses; a NAR occupies one for each
   * `blockSize` bytes it has.
   *
   * @default the number of cores
   */
  parallel?: number;
  /**
   * Content that is compressed on its own, in bytes. Below the preset's dictionary (8 MiB at 6)
   * the files grow.
   *
   * @default 8 MiB
   */
  blockSize?: number;
}

/**
 * The `xz` codec: small files that every Nix reads, at a hundredth of zstd's speed.
 *
 * Works through the optional package `@napi-rs/lzma` (1.5 or later), else through the program `xz`.
 * Both read all streams of a file and find truncation, corruption and trailing data.
 *
 * @throws TypeError for an unknown option; RangeError for one out of range; while it runs,
 *   UnsupportedError when neither the package nor the program is there.
 *
 * @example
 * ```ts
 * import { xzCodec } from 'narkit/node';
 *
 * const codec = xzCodec({ preset: 9, parallel: 2 });
 * console.log(codec.name, codec.extension); // xz .xz
 * ```
 */
export function xzCodec(options: XzCodecOptions = {}): Codec {
  checkOptions('xzCodec', options, ['preset', 'parallel', 'blockSize']);
  const { preset = 6, parallel = availableParallelism(), blockSize = 8 * 1024 * 1024 } = options;
  checkRange('xzCodec', 'preset', preset, 0, 9);
  checkRange('xzCodec', 'parallel', parallel, 1);
  checkRange('xzCodec', 'blockSize', blockSize, 4096, 1024 ** 3);
  return {
    name: 'xz',
    extension: '.xz',
    compress: either(
      ({ xzBlocks }, addon) => xzBlocks(addon, { preset, parallel, blockSize }),
      ['xz', '-zc', `-${preset}`, `-T${parallel}`, `--block-size=${blockSize}`],
      false,
    ),
    decompress: either(
      ({ xzContent }, addon) => xzContent(addon),
      // `--format` because xz would also take the older .lzma, which has no checksum.
      ['xz', '-dc', '--format=xz', `-T${parallel}`],
      true,
    ),
  };
}

/** {@link xzCodec} with its defaults. */
export const xz: Codec = xzCodec();

function either(
  byAddon: (using: typeof import('./xz-addon.ts'), addon: XzAddon) => ByteTransform,
  command: readonly [string, ...string[]],
  decompresses: boolean,
): ByteTransform {
  return async function* (source) {
    const using = await import('./xz-addon.ts');
    const addon = await using.loadXzAddon();
    if (addon !== undefined) {
      yield* byAddon(using, addon)(source);
      return;
    }
    const { runProgram } = await import('./program.ts');
    try {
      yield* runProgram(source, { name: 'xz', command, decompresses });
    } catch (err) {
      if (isNarkitError(err, 'ERR_UNSUPPORTED') && isMissing(err)) throw neither(err);
      throw err;
    }
  };
}

function isMissing(err: Error): boolean {
  return err.cause instanceof Error && 'code' in err.cause && err.cause.code === 'ENOENT';
}

function neither(cause: unknown): UnsupportedError {
  return new UnsupportedError(
    "compression xz needs the optional package '@napi-rs/lzma' (1.5 or later) or the program 'xz' in PATH; neither is there",
    { feature: 'compression xz', cause },
  );
}

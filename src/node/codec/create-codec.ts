/**
 * Codecs by Nix's names: what `compression=` in a store URL and `Compression` in a narinfo mean.
 *
 * @module
 */
import { type Codec, none } from '../../codec/codec.ts';
import type { GzipCodecOptions } from '../../codec/gzip-settings.ts';
import { UnsupportedError } from '../../errors.ts';
import { checkOptions, nearest } from '../../options.ts';
import { brotli, brotliCodec } from './brotli.ts';
import { nodeGzip, nodeGzipCodec } from './gzip.ts';
import { bzip2, bzip2Codec, lz4, lz4Codec, lzip, lzipCodec } from './programs.ts';
import { xz, xzCodec } from './xz.ts';
import { zstd, zstdCodec } from './zstd.ts';

/** Everything that can be read and written on Node.js, `bzip2`, `lz4` and `lzip` by a program. */
export const nodeCodecs: readonly Codec[] = Object.freeze([
  none,
  zstd,
  xz,
  nodeGzip,
  brotli,
  bzip2,
  lz4,
  lzip,
]);

/** Options of {@link createCodec}. */
export interface CreateCodecOptions {
  /**
   * As Nix's `compression-level`: in the scale of the compression, -1 its default. `none` has no
   * level and ignores it, as Nix does.
   *
   * @default -1
   */
  level?: number;
  /**
   * Threads to compress with, for `zstd` and `xz`; others have one. Nix's `parallel-compression` is
   * `false` for 1.
   *
   * @default the codec's
   */
  parallel?: number;
}

interface Settings {
  readonly level?: number;
  readonly parallel?: number;
}

const CREATE: Readonly<Record<string, (settings: Settings) => Codec>> = {
  none: () => none,
  zstd: (settings) => zstdCodec(settings),
  xz: ({ level, parallel }) => xzCodec({ ...given('preset', level), ...given('parallel', parallel) }),
  // Its own check of the range is the one that counts.
  gzip: ({ level }) => nodeGzipCodec(given('level', level) as GzipCodecOptions),
  br: ({ level }) => brotliCodec(given('level', level)),
  bzip2: ({ level }) => bzip2Codec(given('level', level)),
  lz4: ({ level }) => lz4Codec(given('level', level)),
  lzip: ({ level }) => lzipCodec(given('level', level)),
};

/**
 * The codec of a compression, by Nix's name.
 *
 * @throws UnsupportedError for a name that is none, or that Nix knows and we do not (`lzma`,
 *   `compress`, `grzip`, `lrzip`, `lzop`), with the names that are known; RangeError for a level
 *   that the compression does not have; TypeError for an unknown option.
 *
 * @example
 * ```ts
 * import { createCodec } from 'narkit/node';
 *
 * console.log(createCodec('zstd', { level: 9 }).extension); // .zst
 * ```
 */
export function createCodec(name: string, options: CreateCodecOptions = {}): Codec {
  checkOptions('createCodec', options, ['level', 'parallel']);
  const { level, parallel } = options;
  const create = Object.hasOwn(CREATE, name) ? CREATE[name] : undefined;
  if (create === undefined) throw unknownName(name);
  return create({ ...given('level', level === -1 ? undefined : level), ...given('parallel', parallel) });
}

function given<K extends string>(option: K, value: number | undefined): { [_ in K]?: number } {
  return value === undefined ? {} : ({ [option]: value } as { [_ in K]: number });
}

function unknownName(name: string): UnsupportedError {
  const known = Object.keys(CREATE);
  const near = name === 'brotli' ? 'br' : nearest(name, known);
  const hint = near === undefined ? '' : `; did you mean '${near}'?`;
  return new UnsupportedError(`unsupported compression '${name}' (known: ${known.join(', ')})${hint}`, {
    feature: `compression ${name}`,
  });
}

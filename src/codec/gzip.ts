/**
 * `gzip` wherever JavaScript runs.
 *
 * fflate rather than the platform's `CompressionStream`: that one has no level, and its counterpart
 * refuses the concatenated members which gzip allows.
 *
 * @module
 */
import { Gzip } from 'fflate';
import type { ByteTransform } from '../bytes/stream.ts';
import { checkOptions } from '../options.ts';
import { coalesce } from './coalesce.ts';
import type { Codec } from './codec.ts';
import { gunzip } from './gunzip.ts';

/** Options of {@link gzipCodec}. */
export interface GzipCodecOptions {
  /** 1 (fast) to 9 (small); 0 stores. @default 6 */
  level?: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
}

/**
 * A portable `gzip` codec. On Node.js the one of `narkit/node` is several times faster.
 *
 * The output depends on the content alone: no time stamp, no file name. When reading, length and
 * CRC-32 of every member are checked.
 *
 * @throws TypeError for an unknown option; RangeError for a level that gzip does not have.
 *
 * @example
 * ```ts
 * import { gzipCodec } from 'narkit/codec';
 *
 * const codec = gzipCodec({ level: 9 });
 * for await (const chunk of codec.compress(new Blob(['hello']).stream())) console.log(chunk.length);
 * ```
 */
export function gzipCodec(options: GzipCodecOptions = {}): Codec {
  checkOptions('gzipCodec', options, ['level']);
  const { level = 6 } = options;
  if (!Number.isInteger(level) || level < 0 || level > 9) {
    throw new RangeError(`gzipCodec: level must be 0 to 9, got ${level}`);
  }
  return {
    name: 'gzip',
    // Nix itself gives gzip no ending. Ours has one, so that the keys of `none` and `gzip`, which
    // begin with the same NAR hash, never collide; readers go by `Compression` and do not care.
    extension: '.gz',
    compress: (source) => coalesce(deflate(source, level)),
    decompress: gunzip,
  };
}

/** {@link gzipCodec} with its defaults. */
export const gzip: Codec = gzipCodec();

async function* deflate(
  source: Parameters<ByteTransform>[0],
  level: NonNullable<GzipCodecOptions['level']>,
): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  const engine = new Gzip({ level, mtime: 0 }, (chunk) => void ready.push(chunk));
  for await (const chunk of source) {
    engine.push(chunk);
    yield* ready.splice(0);
  }
  engine.push(new Uint8Array(0), true);
  yield* ready.splice(0);
}

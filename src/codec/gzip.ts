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
import { coalesce } from './coalesce.ts';
import type { Codec } from './codec.ts';
import { gunzip } from './gunzip.ts';
import { GZIP_EXTENSION, GZIP_NAME, type GzipCodecOptions, gzipLevel } from './gzip-settings.ts';

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
  const level = gzipLevel(options);
  return {
    name: GZIP_NAME,
    extension: GZIP_EXTENSION,
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

/**
 * `gzip` wherever JavaScript runs.
 *
 * fflate rather than the platform's `CompressionStream`: that one has no level, and its counterpart
 * refuses the concatenated members which gzip allows.
 *
 * @module
 */
import type { Codec } from './codec.ts';
import { GZIP_EXTENSION, GZIP_NAME, type GzipCodecOptions, gzipLevel } from './gzip-settings.ts';
import { lazily } from './lazily.ts';

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
    compress: lazily(async () => (await import('./gzip-stream.ts')).gzipStream(level)),
    decompress: lazily(async () => (await import('./gunzip.ts')).gunzip),
  };
}

/** {@link gzipCodec} with its defaults. */
export const gzip: Codec = gzipCodec();

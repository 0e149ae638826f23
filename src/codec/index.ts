/**
 * Compression: the codec contract, and what runs anywhere.
 *
 * Codecs that need Node.js (`zstd`, `xz`, `br`, programs) are in `narkit/node`.
 *
 * @module
 */
export { type Codec, type Decoder, none } from './codec.ts';
export { gzip, gzipCodec } from './gzip.ts';
export type { GzipCodecOptions } from './gzip-settings.ts';
export { xzDecoder } from './xz-decoder.ts';
export { zstdDecoder } from './zstd-decoder.ts';

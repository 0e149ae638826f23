/**
 * What the two `gzip` codecs, portable and Node's, have in common. Private.
 *
 * @module
 */
import { checkOptions } from '../options.ts';

/** Options of {@link gzipCodec}. */
export interface GzipCodecOptions {
  /** 1 (fast) to 9 (small); 0 stores. @default 6 */
  level?: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
}

export const GZIP_NAME = 'gzip';

/**
 * Nix itself gives gzip no ending. Ours has one, so that the keys of `none` and `gzip`, which begin
 * with the same NAR hash, never collide; readers go by `Compression` and do not care.
 */
export const GZIP_EXTENSION = '.gz';

/** The level. @throws TypeError for an unknown option; RangeError for a level that gzip does not have. */
export function gzipLevel(options: GzipCodecOptions): NonNullable<GzipCodecOptions['level']> {
  checkOptions('gzipCodec', options, ['level']);
  const { level = 6 } = options;
  if (!Number.isInteger(level) || level < 0 || level > 9) {
    throw new RangeError(`gzipCodec: level must be 0 to 9, got ${level}`);
  }
  return level;
}

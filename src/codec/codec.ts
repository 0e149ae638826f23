/**
 * The codec contract, and `none`.
 *
 * Codecs are values that are passed in; there is no registry. The `Compression` field of a narinfo
 * decides which one applies, never the ending of a URL.
 *
 * @module
 */
import type { ByteTransform } from '../bytes/stream.ts';

/** Reads one compression. */
export interface Decoder {
  /** Nix's name of it, as in the narinfo field `Compression`. */
  readonly name: string;
  /**
   * Decompresses to the end of the input: concatenated members or frames yield all their content.
   *
   * @throws IntegrityError `ERR_COMPRESSED_DATA` for corrupt, truncated or trailing data.
   */
  readonly decompress: ByteTransform;
}

/** Reads and writes one compression. */
export interface Codec extends Decoder {
  /** What a NAR's key gets after `.nar`, such as `.zst`; unique among codecs. */
  readonly extension: string;
  readonly compress: ByteTransform;
}

/** No compression: the object is the NAR. */
export const none: Codec = {
  name: 'none',
  extension: '',
  compress: (source) => source,
  decompress: (source) => source,
};

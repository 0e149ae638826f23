/**
 * Hashes: nix32, the text forms, computing.
 *
 * @module
 */
export type { Hash, HashAlgo, HashFormat, ParseHashOptions } from './hash.ts';
export { compressHash, equalHash, HASH_SIZES, parseHash, printDigest, printHash } from './hash.ts';
export type { HashAndSize } from './hash-source.ts';
export { hashBytes, hashSource } from './hash-source.ts';
export { decodeNix32, encodeNix32, NIX32_ALPHABET, nix32Length } from './nix32.ts';

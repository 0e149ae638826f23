/**
 * Nix32 by narkit.
 *
 * @module
 */
import { toBase64 } from '../../bytes/bytes.ts';
import { parseHash } from '../../hash/hash.ts';
import { encodeNix32 } from '../../hash/nix32.ts';
import type { ConformanceOperations } from '../operations.ts';
import { bytes, text } from './input.ts';

/** `encode`, `decode`, `encodeBytes`. */
export const nix32Operations: ConformanceOperations = {
  encode: (input) => encodeNix32(bytes(input, 'bytes')),
  decode: (input) => toBase64(parseHash(`${text(input, 'algo')}:${text(input, 'text')}`).digest),
  encodeBytes: (input) => encodeNix32(bytes(input, 'bytes')),
};

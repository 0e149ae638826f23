/**
 * Hashes by narkit.
 *
 * @module
 */
import { toBase16 } from '../../bytes/bytes.ts';
import type { Hash, HashAlgo } from '../../hash/hash.ts';
import { compressHash, isHashAlgo, parseHash, printDigest, printHash } from '../../hash/hash.ts';
import { hashBytes } from '../../hash/hash-source.ts';
import type { ConformanceOperations } from '../operations.ts';
import type { ConformanceCase } from '../suite.ts';
import { bytes, optionalText, text } from './input.ts';

/** `parse`, `print`, `digest`, `compress`. */
export const hashOperations: ConformanceOperations = {
  parse: (input) => {
    const algo = optionalText(input, 'algo');
    return printHash(parseHash(text(input, 'text'), algo === undefined ? {} : { algo: known(algo) }), 'sri');
  },
  print: (input) => {
    const format = text(input, 'format') as 'base16' | 'nix32' | 'base64';
    return printDigest(parseHash(text(input, 'hash')), format);
  },
  digest: (input) => toBase16(digestOf(input).digest),
  compress: (input) => {
    const { digest } = digestOf(input);
    return toBase16(digest.length > 20 ? compressHash(digest, 20) : digest);
  },
};

function digestOf(input: ConformanceCase['input']): Hash {
  return hashBytes(known(text(input, 'algo')), bytes(input, 'bytes'));
}

function known(algo: string): HashAlgo {
  if (!isHashAlgo(algo)) throw new TypeError(`there is no algorithm '${algo}'`);
  return algo;
}

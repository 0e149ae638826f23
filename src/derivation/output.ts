/**
 * The three fields of an output, `path`, `hash algorithm` and `hash`, and the kinds they mean.
 *
 * @module
 */
import { ParseError } from '../errors.ts';
import type { HashAlgo } from '../hash/hash.ts';
import { isHashAlgo, printDigest } from '../hash/hash.ts';
import type { ContentAddress, ContentAddressMethod } from '../store-path/content-address.ts';
import { parseContentAddress } from '../store-path/content-address.ts';
import type { StoreDir, StorePath } from '../store-path/store-path.ts';
import { parseStorePath, printStorePath } from '../store-path/store-path.ts';
import type { DerivationOutput } from './derivation.ts';

/** The fields as they are written, `''` where there is nothing. */
export interface OutputFields {
  readonly path: string;
  /** Method and algorithm: `sha256`, `r:sha256`, `git:sha1`, `text:sha256`. */
  readonly algo: string;
  /** In base16; or `impure`. */
  readonly hash: string;
}

const PREFIXES: Readonly<Record<ContentAddressMethod, string>> = {
  flat: '',
  nar: 'r:',
  git: 'git:',
  text: 'text:',
};

/** @throws ParseError of any code, for the caller to say where */
export function parseOutput(fields: OutputFields, storeDir: StoreDir): DerivationOutput {
  const { path, algo, hash } = fields;
  if (algo === '') {
    if (hash !== '') throw bad('an output has a hash without an algorithm');
    if (path === '') return { type: 'deferred' };
    return { type: 'input-addressed', path: parseExactPath(path, storeDir) };
  }
  const method = methodOf(algo);
  const name = algo.slice(PREFIXES[method].length);
  if (!isHashAlgo(name)) throw bad(`an output has the unknown hash algorithm ${JSON.stringify(algo)}`);
  if (hash === '' || hash === 'impure') {
    if (path !== '') throw bad('an output has a path before its content is known');
    return { type: hash === '' ? 'floating' : 'impure', method, algo: name };
  }
  const ca = parseContentAddress(`${method === 'text' ? '' : 'fixed:'}${algo}:${hash}`);
  if (printDigest(ca.hash, 'base16') !== hash) throw bad('the hash of an output is not in lower-case base16');
  return { type: 'fixed', path: parseExactPath(path, storeDir), ca };
}

/** A store path as it is printed, without the slash that is accepted elsewhere. */
export function parseExactPath(text: string, storeDir: StoreDir): StorePath {
  if (text.endsWith('/')) throw bad(`the store path ${JSON.stringify(text)} ends in a slash`);
  return parseStorePath(text, { storeDir });
}

/** The inverse of {@link parseOutput}. */
export function outputFields(output: DerivationOutput, storeDir: StoreDir): OutputFields {
  switch (output.type) {
    case 'deferred':
      return { path: '', algo: '', hash: '' };
    case 'input-addressed':
      return { path: printStorePath(output.path, storeDir), algo: '', hash: '' };
    case 'fixed':
      return {
        path: printStorePath(output.path, storeDir),
        algo: printMethodAlgo(output.ca.method, output.ca.hash.algo),
        hash: printDigest(output.ca.hash, 'base16'),
      };
    default: {
      const algo = printMethodAlgo(output.method, output.algo);
      return { path: '', algo, hash: output.type === 'impure' ? 'impure' : '' };
    }
  }
}

/** What is hashed in the place of a fixed output: `fixed:out:<method and algorithm>:<hash>:<path>`. */
export function fixedOutputText(ca: ContentAddress, path: string): string {
  return `fixed:out:${printMethodAlgo(ca.method, ca.hash.algo)}:${printDigest(ca.hash, 'base16')}:${path}`;
}

function printMethodAlgo(method: ContentAddressMethod, algo: HashAlgo): string {
  return PREFIXES[method] + algo;
}

function methodOf(algo: string): ContentAddressMethod {
  return (['nar', 'git', 'text'] as const).find((method) => algo.startsWith(PREFIXES[method])) ?? 'flat';
}

function bad(why: string): ParseError {
  return new ParseError('ERR_PARSE_DERIVATION', why);
}

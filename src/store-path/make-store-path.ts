/**
 * Computing store paths from what they hold (store-path.md section 3).
 *
 * @module
 */
import { toBase16, utf8 } from '../bytes/bytes.ts';
import { ParseError } from '../errors.ts';
import { compressHash, printDigest } from '../hash/hash.ts';
import { hashBytes } from '../hash/hash-source.ts';
import { encodeNix32 } from '../hash/nix32.ts';
import { checkOptions } from '../options.ts';
import type { ContentAddress } from './content-address.ts';
import type { StoreDir, StorePath } from './store-path.ts';
import { checkPathName, checkStoreDir, DEFAULT_STORE_DIR, printStorePath } from './store-path.ts';

/** Options of {@link makeContentAddressedPath}. */
export interface MakeStorePathOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
  /** Other paths that the content refers to; only `text` and sha256 `nar` may have any. @default [] */
  references?: readonly StorePath[];
  /**
   * Whether the content refers to its own path; only sha256 `nar` may. The hash is then one
   * "modulo" the path's own hash part: see `hashModulo`.
   * @default false
   */
  selfReference?: boolean;
}

/**
 * The path of a content-addressed store object.
 *
 * @throws ParseError `ERR_PARSE_STORE_PATH` for a bad name, `ERR_PARSE_CONTENT_ADDRESS` for
 *   references that this kind of address cannot have.
 *
 * @example
 * ```ts
 * import { makeContentAddressedPath, parseContentAddress } from 'narkit/store-path';
 *
 * const ca = parseContentAddress('fixed:r:sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw');
 * console.log(makeContentAddressedPath('hello.txt', ca)); // i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt
 * ```
 */
export function makeContentAddressedPath(
  name: string,
  ca: ContentAddress,
  options: MakeStorePathOptions = {},
): StorePath {
  checkOptions('makeContentAddressedPath', options, ['storeDir', 'references', 'selfReference']);
  const storeDir = checkStoreDir(options.storeDir ?? DEFAULT_STORE_DIR);
  const { references = [], selfReference = false } = options;
  const { method, hash } = ca;
  const isSource = method === 'nar' && hash.algo === 'sha256';
  if ((references.length > 0 && method !== 'text' && !isSource) || (selfReference && !isSource)) {
    throw new ParseError(
      'ERR_PARSE_CONTENT_ADDRESS',
      `'${name}': a content address of method '${method}' with ${hash.algo} cannot have ${selfReference ? 'a self-reference' : 'references'}`,
    );
  }
  if (method === 'text' || isSource) {
    const paths = [...new Set(references)].sort().map((path) => `:${printStorePath(path, storeDir)}`);
    const type = (isSource ? 'source' : 'text') + paths.join('') + (selfReference ? ':self' : '');
    return makeStorePath(type, hash.digest, name, storeDir);
  }
  const prefix = { flat: '', nar: 'r:', git: 'git:' }[method];
  const inner = hashBytes('sha256', utf8(`fixed:out:${prefix}${hash.algo}:${printDigest(hash, 'base16')}:`));
  return makeStorePath('output:out', inner.digest, name, storeDir);
}

/**
 * The rule under all kinds: the hash part is the folded SHA-256 of
 * `<type>:sha256:<inner digest in base16>:<store dir>:<name>`.
 */
export function makeStorePath(type: string, inner: Uint8Array, name: string, storeDir: StoreDir): StorePath {
  checkPathName(name);
  const { digest } = hashBytes('sha256', utf8(`${type}:sha256:${toBase16(inner)}:${storeDir}:${name}`));
  return `${encodeNix32(compressHash(digest, 20))}-${name}` as StorePath;
}

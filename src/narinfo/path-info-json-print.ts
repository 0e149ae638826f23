/**
 * Path infos as `nix path-info --json` prints them, in every shape it ever had (narinfo.md section 10).
 *
 * @module
 */
import { printHash } from '../hash/hash.ts';
import { checkOptions } from '../options.ts';
import type { Signature } from '../signature/signature.ts';
import { printSignature } from '../signature/signature.ts';
import type { ContentAddress } from '../store-path/content-address.ts';
import { printContentAddress } from '../store-path/content-address.ts';
import type { StoreDir, StorePath } from '../store-path/store-path.ts';
import { checkStoreDir, DEFAULT_STORE_DIR, printStorePath } from '../store-path/store-path.ts';
import type { NarInfo, PathInfo } from './path-info.ts';

/**
 * Shape of the JSON: `'array'` of Nix up to 2.18, `1` (an object keyed by path) as since 2.33, whose
 * additions readers of 2.19 to 2.32 pass over, `2` of 2.33, `3` of 2.35.
 */
export type PathInfoJsonFormat = 'array' | 1 | 2 | 3;

/** Options of {@link printPathInfoJson}. */
export interface PrintPathInfoJsonOptions {
  format: PathInfoJsonFormat;
  /** @default '/nix/store' */
  storeDir?: StoreDir;
}

const FORMATS: readonly unknown[] = ['array', 1, 2, 3];

/**
 * Prints infos as `nix path-info --json` does: compact, paths in order, no newline. `undefined` says
 * that a path is not valid. The inverse of `parsePathInfoJson`; of a `NarInfo`, `url`, `compression`,
 * `downloadHash` and `downloadSize` are printed too.
 *
 * Nix knows when a path was registered and whether it was built here (`ultimate`), which no `PathInfo`
 * tells: they are printed as for a binary cache, `null` and `false`, and left out of the array.
 *
 * @throws RangeError for an unknown format, an info under another path than its own, or a size that is
 *   no integer from 0 to 2^53-1.
 *
 * @example
 * ```ts
 * import { parsePathInfoJson, printPathInfoJson } from 'narkit/narinfo';
 * import { parseStorePath } from 'narkit/store-path';
 *
 * const path = parseStorePath('/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt');
 * const json = printPathInfoJson(new Map([[path, undefined]]), { format: 2 });
 * console.log(json); // {"info":{"8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt":null},"storeDir":"/nix/store","version":2}
 * console.log(parsePathInfoJson(json).has(path)); // true
 * ```
 */
export function printPathInfoJson(
  infos: ReadonlyMap<StorePath, PathInfo | NarInfo | undefined>,
  options: PrintPathInfoJsonOptions,
): string {
  checkOptions('printPathInfoJson', options, ['format', 'storeDir']);
  const { format } = options;
  if (!FORMATS.includes(format)) {
    throw new RangeError(`printPathInfoJson: format must be 'array', 1, 2 or 3, not ${String(format)}`);
  }
  const storeDir = checkStoreDir(options.storeDir ?? DEFAULT_STORE_DIR);
  const fullPath = (path: StorePath): string => printStorePath(path, storeDir);
  const sorted = [...infos].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [path, info] of sorted) if (info !== undefined) check(path, info);

  if (format === 'array') {
    const items = sorted.map(([path, info]) => ({
      path: fullPath(path),
      ...(info === undefined ? { valid: false } : arrayFacts(info, fullPath)),
    }));
    return JSON.stringify(items);
  }
  const printPath = format === 1 ? fullPath : (path: StorePath): string => path;
  const members = Object.fromEntries(
    sorted.map(([path, info]) => [
      printPath(path),
      info === undefined ? null : allFacts(info, format, storeDir, printPath),
    ]),
  );
  return JSON.stringify(format === 1 ? members : { info: members, storeDir, version: format });
}

/** The facts there are, in the order of Nix 2.8. */
function arrayFacts(info: PathInfo | NarInfo, printPath: (path: StorePath) => string): object {
  return {
    narHash: printHash(info.narHash, 'sri'),
    narSize: info.narSize,
    references: references(info, printPath),
    ca: info.ca === undefined ? undefined : printContentAddress(info.ca),
    deriver: info.deriver === undefined ? undefined : printPath(info.deriver),
    signatures: info.signatures.length === 0 ? undefined : info.signatures.map(printSignature),
    ...cacheFacts(info),
  };
}

/** All facts, the unknown as `null`, in the order of newer versions: by name. */
function allFacts(
  info: PathInfo | NarInfo,
  format: 1 | 2 | 3,
  storeDir: StoreDir,
  printPath: (path: StorePath) => string,
): object {
  const facts = {
    ca: info.ca === undefined ? null : format === 1 ? printContentAddress(info.ca) : caObject(info.ca),
    deriver: info.deriver === undefined ? null : printPath(info.deriver),
    narHash: printHash(info.narHash, 'sri'),
    narSize: info.narSize,
    references: references(info, printPath),
    registrationTime: null,
    signatures: info.signatures.map((each) => (format === 3 ? signatureObject(each) : printSignature(each))),
    storeDir,
    ultimate: false,
    version: format,
    ...cacheFacts(info),
  };
  return Object.fromEntries(Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function cacheFacts(info: PathInfo | NarInfo): object {
  if (!('url' in info)) return {};
  return {
    url: info.url,
    compression: info.compression,
    downloadHash: info.fileHash === undefined ? undefined : printHash(info.fileHash, 'sri'),
    downloadSize: info.fileSize,
  };
}

function references(info: PathInfo, printPath: (path: StorePath) => string): string[] {
  return [...new Set(info.references)].sort().map(printPath);
}

function caObject(ca: ContentAddress): object {
  return { hash: printHash(ca.hash, 'sri'), method: ca.method };
}

function signatureObject(signature: Signature): object {
  const text = printSignature(signature);
  return { keyName: signature.keyName, sig: text.slice(signature.keyName.length + 1) };
}

function check(path: StorePath, info: PathInfo | NarInfo): void {
  if (info.storePath !== path) throw new RangeError(`the info of ${info.storePath} stands under ${path}`);
  const sizes = [info.narSize, 'fileSize' in info ? (info.fileSize ?? 0) : 0];
  if (sizes.every((size) => Number.isSafeInteger(size) && size >= 0)) return;
  throw new RangeError(`the sizes of ${path} must be integers from 0 to 2^53-1`);
}

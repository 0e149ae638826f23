/**
 * The output of `nix path-info --json`, in every shape it ever had (narinfo.md section 10).
 *
 * @module
 */
import { ParseError } from '../errors.ts';
import { parseHash } from '../hash/hash.ts';
import { checkOptions } from '../options.ts';
import type { Signature } from '../signature/signature.ts';
import { parseSignature } from '../signature/signature.ts';
import type { ContentAddress, ContentAddressMethod } from '../store-path/content-address.ts';
import { parseContentAddress, printContentAddress } from '../store-path/content-address.ts';
import type { StoreDir, StorePath } from '../store-path/store-path.ts';
import { DEFAULT_STORE_DIR, parseBaseName, parseStorePath } from '../store-path/store-path.ts';
import type { PathInfo } from './path-info.ts';

/** Options of {@link parsePathInfoJson}. */
export interface PathInfoJsonOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
}

type Json = Record<string, unknown>;

/**
 * Parses `nix path-info --json`: the array of Nix up to 2.18, the object keyed by path since 2.19
 * (format 1), and the versioned documents of 2.33 and later (formats 2 and 3). A path that is not
 * valid in the store maps to `undefined`.
 *
 * @throws ParseError `ERR_PARSE_PATH_INFO` naming the path and the field.
 *
 * @example
 * ```ts
 * import { parsePathInfoJson } from 'narkit/narinfo';
 *
 * const json = '[{"path":"/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt","valid":false}]';
 * console.log(parsePathInfoJson(json)); // Map(1) { '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt' => undefined }
 * ```
 */
export function parsePathInfoJson(
  text: string,
  options: PathInfoJsonOptions = {},
): Map<StorePath, PathInfo | undefined> {
  checkOptions('parsePathInfoJson', options, ['storeDir']);
  const storeDir = options.storeDir ?? DEFAULT_STORE_DIR;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw bad('the output is not JSON', undefined, cause);
  }
  const result = new Map<StorePath, PathInfo | undefined>();
  for (const [name, info] of items(document, storeDir)) {
    try {
      // Full paths in the older shapes, base names in the newer ones.
      const parse = (path: unknown): StorePath =>
        string(path).startsWith('/')
          ? parseStorePath(string(path), { storeDir })
          : parseBaseName(string(path));
      const storePath = parse(name);
      if (info !== null && !isObject(info))
        throw new TypeError(`expected an object or null, got ${JSON.stringify(info)}`);
      const valid = info !== null && info['valid'] !== false;
      result.set(storePath, valid ? parseInfo(storePath, info, parse) : undefined);
    } catch (cause) {
      throw bad((cause as Error).message, name, cause);
    }
  }
  return result;
}

/** Pairs of path and info, whatever the shape of the document. */
function items(document: unknown, storeDir: StoreDir): [string, unknown][] {
  if (Array.isArray(document)) {
    return document.map((item: unknown) => {
      if (!isObject(item) || typeof item['path'] !== 'string')
        throw bad("an item of the array has no 'path'");
      return [item['path'], item];
    });
  }
  if (!isObject(document)) throw bad('neither an array nor an object');
  if (typeof document['version'] !== 'number') return Object.entries(document);
  if (document['version'] !== 2 && document['version'] !== 3) {
    throw bad(`a document of format ${document['version']}; the formats 1 to 3 are known here`);
  }
  if (!isObject(document['info'])) throw bad("a versioned document without 'info'");
  // Base names do not tell; taken for another directory's, the paths would be signed wrong.
  const stated = document['storeDir'] ?? storeDir;
  if (stated !== storeDir)
    throw bad(`it is of the store directory ${JSON.stringify(stated)}, not '${storeDir}'`);
  return Object.entries(document['info']);
}

function parseInfo(storePath: StorePath, info: Json, parse: (path: unknown) => StorePath): PathInfo {
  const narSize = info['narSize'];
  if (typeof narSize !== 'number' || !Number.isSafeInteger(narSize) || narSize < 0) {
    throw new TypeError('narSize is no integer from 0 to 2^53-1');
  }
  const ca = info['ca'] ?? undefined;
  const deriver = info['deriver'] ?? undefined;
  return {
    storePath,
    narHash: parseHash(string(info['narHash'])),
    narSize,
    references: [...new Set(array(info['references']).map(parse))].sort(),
    signatures: array(info['signatures']).map(parseSig),
    ...(ca === undefined || ca === '' ? {} : { ca: parseCa(ca) }),
    ...(deriver === undefined ? {} : { deriver: parse(deriver) }),
  };
}

/** A string up to format 2, `{keyName, sig}` in format 3. */
function parseSig(value: unknown): Signature {
  return parseSignature(
    isObject(value) ? `${string(value['keyName'])}:${string(value['sig'])}` : string(value),
  );
}

/** A string in format 1, `{method, hash}` in formats 2 and 3. */
function parseCa(value: unknown): ContentAddress {
  if (!isObject(value)) return parseContentAddress(string(value));
  const method = string(value['method']);
  if (!['text', 'flat', 'nar', 'git'].includes(method)) throw new TypeError(`unknown ca method '${method}'`);
  const ca = { method: method as ContentAddressMethod, hash: parseHash(string(value['hash'])) };
  return parseContentAddress(printContentAddress(ca)); // which algorithms a method may have is known there
}

function string(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`expected a string, got ${JSON.stringify(value)}`);
  return value;
}

function array(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new TypeError(`expected an array, got ${JSON.stringify(value)}`);
  return value;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(why: string, path?: string, cause?: unknown): ParseError {
  return new ParseError(
    'ERR_PARSE_PATH_INFO',
    `nix path-info --json${path === undefined ? '' : `, ${path}`}: ${why}`,
    {
      field: path,
      cause,
    },
  );
}

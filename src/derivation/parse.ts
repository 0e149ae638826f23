/**
 * Reading `.drv` files.
 *
 * @module
 */
import { ParseError, UnsupportedError } from '../errors.ts';
import { compareNames, decodeName } from '../nar/name.ts';
import { checkOptions } from '../options.ts';
import type { StoreDir, StorePath } from '../store-path/store-path.ts';
import { checkStoreDir, DEFAULT_STORE_DIR, isDerivation } from '../store-path/store-path.ts';
import { ATermReader } from './aterm.ts';
import type { Derivation, DerivationOutput } from './derivation.ts';
import { parseExactPath, parseOutput } from './output.ts';

/** Options of {@link parseDerivation}. */
export interface ParseDerivationOptions {
  /** The store directory of the paths in it. @default '/nix/store' */
  storeDir?: StoreDir;
}

/** Lone surrogates that `decodeName` never makes. */
const NO_BYTES = /[\ud800-\udc7f\udd00-\udfff]/u;

/**
 * Parses the ATerm text of a derivation, or its bytes, which need not be UTF-8.
 *
 * What Nix never writes is refused, even where its reader would shrug: unsorted or repeated
 * entries, other escapes than `\n \r \t \" \\`. So what parses prints back byte for byte, and has the
 * path it was stored under.
 *
 * @throws ParseError `ERR_PARSE_DERIVATION`, with the offset; UnsupportedError for derivations with
 *   dynamic inputs (`DrvWithVersion`).
 *
 * @example
 * ```ts
 * import { parseDerivation } from 'narkit/derivation';
 *
 * const drv = parseDerivation('Derive([("out","","","")],[],[],"x86_64-linux","/bin/sh",[],[("name","demo")])');
 * console.log(drv.system, drv.env.get('name')); // x86_64-linux demo
 * console.log(drv.outputs.get('out')); // { type: 'deferred' }
 * ```
 */
export function parseDerivation(
  source: string | Uint8Array,
  options: ParseDerivationOptions = {},
): Derivation {
  checkOptions('parseDerivation', options, ['storeDir']);
  const storeDir = checkStoreDir(options.storeDir ?? DEFAULT_STORE_DIR);
  const reader = new ATermReader(typeof source === 'string' ? source : decodeName(source));
  if (typeof source === 'string' && NO_BYTES.test(source))
    throw reader.error('a surrogate stands for no byte');
  if (reader.skip('DrvWithVersion(')) {
    throw new UnsupportedError(
      'the derivation has dynamic inputs (DrvWithVersion), which narkit cannot read',
      {
        feature: 'dynamic derivations',
      },
    );
  }
  reader.expect('Derive(');
  const outputs = readMap(reader, 'output', (): [string, DerivationOutput] => {
    const name = readNext(reader);
    if (name === '') throw reader.error('the name of an output is empty');
    const [path, algo, hash] = [readNext(reader), readNext(reader), reader.string()];
    return [name, located(reader, () => parseOutput({ path, algo, hash }, storeDir))];
  });
  reader.expect(',');
  const inputDrvs = readMap(reader, 'input derivation', (): [StorePath, string[]] => {
    const path = pathIn(reader, readNext(reader), storeDir);
    if (!isDerivation(path)) throw reader.error(`${path} is no derivation`);
    return [path, readSet(reader, 'output', () => reader.string())];
  });
  reader.expect(',');
  const inputSrcs = readSet(reader, 'input', () => pathIn(reader, reader.string(), storeDir));
  reader.expect(',');
  const [system, builder] = [readNext(reader), readNext(reader)];
  const args = reader.list(() => reader.string());
  reader.expect(',');
  const env = readMap(reader, 'variable', (): [string, string] => [readNext(reader), reader.string()]);
  reader.expect(')');
  reader.end();
  return { outputs, inputDrvs, inputSrcs, system, builder, args, env };
}

/** A string that is not the last of its tuple. */
function readNext(reader: ATermReader): string {
  const text = reader.string();
  reader.expect(',');
  return text;
}

/** A list of tuples that begin with a key, in the order of the keys. */
function readMap<K extends string, V>(reader: ATermReader, what: string, rest: () => [K, V]): Map<K, V> {
  let previous: K | undefined;
  return new Map(
    reader.list(() => {
      reader.expect('(');
      const entry = rest();
      reader.expect(')');
      previous = inOrder(reader, what, previous, entry[0]);
      return entry;
    }),
  );
}

function readSet<T extends string>(reader: ATermReader, what: string, item: () => T): T[] {
  let previous: T | undefined;
  return reader.list(() => {
    previous = inOrder(reader, what, previous, item());
    return previous;
  });
}

function inOrder<T extends string>(reader: ATermReader, what: string, previous: T | undefined, next: T): T {
  if (previous !== undefined && compareNames(previous, next) >= 0) {
    throw reader.error(`${what} ${JSON.stringify(next)} is repeated, or not in bytewise order`);
  }
  return next;
}

function pathIn(reader: ATermReader, text: string, storeDir: StoreDir): StorePath {
  return located(reader, () => parseExactPath(text, storeDir));
}

/** Says where, of errors that say what. */
function located<T>(reader: ATermReader, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    throw reader.error(cause.message, 0, cause);
  }
}

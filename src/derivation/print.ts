/**
 * Writing `.drv` files.
 *
 * @module
 */
import { compareNames } from '../nar/name.ts';
import { checkOptions } from '../options.ts';
import type { StoreDir } from '../store-path/store-path.ts';
import { checkStoreDir, DEFAULT_STORE_DIR, printStorePath } from '../store-path/store-path.ts';
import { printList, printString } from './aterm.ts';
import type { Derivation } from './derivation.ts';
import { outputFields } from './output.ts';

/** Options of {@link printDerivation}. */
export interface PrintDerivationOptions {
  /** The store directory of the paths in it. @default '/nix/store' */
  storeDir?: StoreDir;
}

/**
 * Nix's text of a derivation, byte for byte: sorted, without white space. The inverse of
 * `parseDerivation`. `encodeName` of `narkit/nar` makes the bytes of the file, those that are not
 * UTF-8 included.
 *
 * @example
 * ```ts
 * import { parseDerivation, printDerivation } from 'narkit/derivation';
 *
 * const text = 'Derive([("out","","","")],[],[],"x86_64-linux","/bin/sh",["-c","echo \\"hi\\""],[])';
 * const drv = parseDerivation(text);
 * console.log(drv.args); // [ '-c', 'echo "hi"' ]
 * console.log(printDerivation(drv) === text); // true
 * ```
 */
export function printDerivation(drv: Derivation, options: PrintDerivationOptions = {}): string {
  checkOptions('printDerivation', options, ['storeDir']);
  const storeDir = checkStoreDir(options.storeDir ?? DEFAULT_STORE_DIR);
  const inputs = new Map([...drv.inputDrvs].map(([path, names]) => [printStorePath(path, storeDir), names]));
  return printParts(drv, inputs, storeDir);
}

/** The text with other keys for its input derivations: their hashes, where it is to be hashed. */
export function printParts(
  drv: Derivation,
  inputs: ReadonlyMap<string, Iterable<string>>,
  storeDir: StoreDir,
): string {
  const outputs = byKey(drv.outputs).map(([name, output]) => {
    const { path, algo, hash } = outputFields(output, storeDir);
    return printTuple([name, path, algo, hash]);
  });
  const drvs = byKey(inputs).map(([key, names]) => `(${printString(key)},${printSet(names)})`);
  const srcs = printSet(drv.inputSrcs.map((path) => printStorePath(path, storeDir)));
  const env = byKey(drv.env).map(printTuple);
  const parts = [
    printList(outputs),
    printList(drvs),
    srcs,
    printString(drv.system),
    printString(drv.builder),
    printList(drv.args.map(printString)),
    printList(env),
  ];
  return `Derive(${parts.join(',')})`;
}

function printTuple(texts: readonly string[]): string {
  return `(${texts.map(printString).join(',')})`;
}

function printSet(texts: Iterable<string>): string {
  return printList([...new Set(texts)].sort(compareNames).map(printString));
}

/** The entries of a map in bytewise order of their keys, as everywhere in Nix. */
function byKey<V>(map: ReadonlyMap<string, V>): [string, V][] {
  return [...map].sort(([a], [b]) => compareNames(a, b));
}

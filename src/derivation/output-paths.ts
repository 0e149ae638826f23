/**
 * The paths of outputs, computed from the derivation and what it depends on (store-path.md section 6).
 *
 * @module
 */
import { ParseError } from '../errors.ts';
import type { Hash } from '../hash/hash.ts';
import { printDigest } from '../hash/hash.ts';
import { hashBytes } from '../hash/hash-source.ts';
import { encodeName } from '../nar/name.ts';
import { checkOptions } from '../options.ts';
import { makeContentAddressedPath, makeStorePath } from '../store-path/make-store-path.ts';
import type { StoreDir, StorePath } from '../store-path/store-path.ts';
import { checkStoreDir, DEFAULT_STORE_DIR, pathName, printStorePath } from '../store-path/store-path.ts';
import type { Derivation } from './derivation.ts';
import { fixedOutputText } from './output.ts';
import { printDerivation, printParts } from './print.ts';

/** Options of {@link outputPaths}. */
export interface OutputPathsOptions {
  /** Gets an input derivation: reads `/nix/store/<path>`, say. Each is asked for once. */
  lookup: (path: StorePath) => Derivation | Promise<Derivation>;
  /** @default '/nix/store' */
  storeDir?: StoreDir;
  /** Hashes of input derivations; give the same map to several calls that share inputs. @default new */
  hashes?: Map<StorePath, Hash | undefined>;
}

/**
 * The path of every output of a derivation, recomputed: fixed ones from their content address, the
 * others from the hash of the derivation "modulo" its fixed-output inputs. `undefined` for a path
 * that only the build decides, its own or that of an input.
 *
 * @param name of the derivation: what `pathName` gives for its path, without `.drv`.
 * @throws ParseError `ERR_PARSE_DERIVATION` when fixed outputs are mixed with others, or inputs
 *   form a cycle; `ERR_PARSE_STORE_PATH` for a bad name; whatever `lookup` throws.
 *
 * @example
 * ```ts
 * import { outputPaths, parseDerivation } from 'narkit/derivation';
 *
 * const drv = parseDerivation(
 *   'Derive([("dev","","",""),("out","","","")],[],[],"x86_64-linux","/bin/sh",["-c","echo hi > $out"],' +
 *     '[("builder","/bin/sh"),("dev",""),("name","demo"),("out",""),("outputs","out dev"),("system","x86_64-linux")])',
 * );
 * const lookup = () => {
 *   throw new Error('it has no inputs');
 * };
 * const paths = await outputPaths('demo', drv, { lookup });
 * console.log(paths.get('out')); // 0y7px54rmpjja3p599m0pwdfwcvy1ci8-demo
 * console.log(paths.get('dev')); // pp8adbdz9m6s4lli249hay2pwqp9wdaq-demo-dev
 * ```
 */
export async function outputPaths(
  name: string,
  drv: Derivation,
  options: OutputPathsOptions,
): Promise<Map<string, StorePath | undefined>> {
  checkOptions('outputPaths', options, ['lookup', 'storeDir', 'hashes']);
  const storeDir = checkStoreDir(options.storeDir ?? DEFAULT_STORE_DIR);
  const fixed = fixedPath(name, drv, storeDir);
  if (fixed !== undefined) return new Map([['out', fixed]]);
  const inputs = new Inputs(options.lookup, storeDir, options.hashes ?? new Map());
  const hash = await inputs.hashOf(masked(drv));
  const paths = [...drv.outputs.keys()].map((output): [string, StorePath | undefined] => {
    if (hash === undefined) return [output, undefined];
    return [output, makeStorePath(`output:${output}`, hash.digest, outputName(name, output), storeDir)];
  });
  return new Map(paths);
}

/** Options of {@link derivationPath}. */
export interface DerivationPathOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
}

/**
 * The path of the derivation itself.
 *
 * @example
 * ```ts
 * import { derivationPath, parseDerivation } from 'narkit/derivation';
 *
 * const drv = parseDerivation('Derive([("out","","","")],[],[],"x86_64-linux","/bin/sh",[],[("name","demo")])');
 * console.log(derivationPath('demo', drv)); // ...-demo.drv
 * ```
 */
export function derivationPath(
  name: string,
  drv: Derivation,
  options: DerivationPathOptions = {},
): StorePath {
  checkOptions('derivationPath', options, ['storeDir']);
  const hash = hashBytes('sha256', encodeName(printDerivation(drv, options)));
  const references = [...drv.inputDrvs.keys(), ...drv.inputSrcs];
  return makeContentAddressedPath(`${name}.drv`, { method: 'text', hash }, { ...options, references });
}

/** Hashes of derivations as inputs: a walk through the graph, each node once. */
class Inputs {
  readonly #lookup: OutputPathsOptions['lookup'];
  readonly #storeDir: StoreDir;
  readonly #hashes: Map<StorePath, Hash | undefined>;
  /** Those asked for: one without a hash yet is waited for. */
  readonly #begun = new Set<StorePath>();

  constructor(
    lookup: OutputPathsOptions['lookup'],
    storeDir: StoreDir,
    hashes: Map<StorePath, Hash | undefined>,
  ) {
    this.#lookup = lookup;
    this.#storeDir = storeDir;
    this.#hashes = hashes;
  }

  /** `undefined` where the hash depends on what builds will give. */
  async hashOf(drv: Derivation): Promise<Hash | undefined> {
    const inputs = new Map<string, Set<string>>();
    let known = [...drv.outputs.values()].every(({ type }) => type !== 'floating' && type !== 'impure');
    for (const [path, names] of drv.inputDrvs) {
      const hash = await this.#hashOfInput(path);
      known &&= hash !== undefined;
      if (hash === undefined) continue;
      const key = printDigest(hash, 'base16');
      // Derivations that differ only in where their fixed-output inputs came from are one.
      inputs.set(key, new Set([...(inputs.get(key) ?? []), ...names]));
    }
    return known ? hashBytes('sha256', encodeName(printParts(drv, inputs, this.#storeDir))) : undefined;
  }

  async #hashOfInput(path: StorePath): Promise<Hash | undefined> {
    if (this.#hashes.has(path)) return this.#hashes.get(path);
    if (this.#begun.has(path))
      throw new ParseError('ERR_PARSE_DERIVATION', `the input derivation ${path} depends on itself`);
    this.#begun.add(path);
    const drv = await this.#lookup(path);
    const fixed = fixedPath(pathName(path).slice(0, -'.drv'.length), drv, this.#storeDir);
    const output = drv.outputs.get('out');
    const hash =
      fixed !== undefined && output?.type === 'fixed'
        ? hashBytes('sha256', encodeName(fixedOutputText(output.ca, printStorePath(fixed, this.#storeDir))))
        : await this.hashOf(drv);
    this.#hashes.set(path, hash);
    return hash;
  }
}

/** The path of the one output of a fixed-output derivation. */
function fixedPath(name: string, drv: Derivation, storeDir: StoreDir): StorePath | undefined {
  if (![...drv.outputs.values()].some(({ type }) => type === 'fixed')) return undefined;
  const output = drv.outputs.get('out');
  if (drv.outputs.size !== 1 || output?.type !== 'fixed')
    throw new ParseError(
      'ERR_PARSE_DERIVATION',
      `'${name}': a fixed output must be the only one, named 'out'`,
    );
  return makeContentAddressedPath(name, output.ca, { storeDir });
}

/** The derivation without the paths that are to be computed from it. */
function masked(drv: Derivation): Derivation {
  const outputs = [...drv.outputs].map(
    ([name, output]) =>
      [name, output.type === 'input-addressed' ? { type: 'deferred' } : output] as [string, typeof output],
  );
  const env = [...drv.env].map(([name, value]): [string, string] => [
    name,
    drv.outputs.has(name) ? '' : value,
  ]);
  return { ...drv, outputs: new Map(outputs), env: new Map(env) };
}

function outputName(name: string, output: string): string {
  return output === 'out' ? name : `${name}-${output}`;
}

/**
 * Derivations: what a `.drv` file holds.
 *
 * @module
 */
import type { HashAlgo } from '../hash/hash.ts';
import type { ContentAddress, ContentAddressMethod } from '../store-path/content-address.ts';
import type { StorePath } from '../store-path/store-path.ts';

/**
 * One output, by what is known of it before it is built: `input-addressed`, the usual kind, has a
 * path that follows from the derivation; `fixed` has its content address; `floating` and `impure`
 * ones are addressed by whatever content comes out; of a `deferred` one the path depends on inputs
 * that are not built yet.
 */
export type DerivationOutput =
  | { readonly type: 'input-addressed'; readonly path: StorePath }
  | { readonly type: 'fixed'; readonly path: StorePath; readonly ca: ContentAddress }
  | {
      readonly type: 'floating' | 'impure';
      readonly method: ContentAddressMethod;
      readonly algo: HashAlgo;
    }
  | { readonly type: 'deferred' };

/**
 * A build step. Texts are those of `decodeName`: bytes that are not UTF-8 are lone surrogates
 * U+DC80 to U+DCFF. Nix has no order in maps and sets, and writes them sorted.
 */
export interface Derivation {
  /** By name; `out` is the default one. */
  readonly outputs: ReadonlyMap<string, DerivationOutput>;
  /** Derivations whose outputs are needed, with the names of these outputs. */
  readonly inputDrvs: ReadonlyMap<StorePath, readonly string[]>;
  /** Other paths that are needed. */
  readonly inputSrcs: readonly StorePath[];
  /** Such as `x86_64-linux`. */
  readonly system: string;
  /** The program to run: a path, or `builtin:...`. */
  readonly builder: string;
  readonly args: readonly string[];
  /** Environment variables. */
  readonly env: ReadonlyMap<string, string>;
}

/**
 * Names of the outputs, and their paths where these are known before the build.
 *
 * @example
 * ```ts
 * import { derivationOutputs, parseDerivation } from 'narkit/derivation';
 *
 * const drv = parseDerivation(
 *   'Derive([("out","/nix/store/1z4hd8bnbadg3dnk5ncdbfp8krw7lp6y-src.tar","sha256",' +
 *     '"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")],[],[],"x","/bin/sh",[],[])',
 * );
 * console.log([...derivationOutputs(drv)]); // [ [ 'out', '1z4hd8bnbadg3dnk5ncdbfp8krw7lp6y-src.tar' ] ]
 * ```
 */
export function derivationOutputs(drv: Derivation): Map<string, StorePath | undefined> {
  const paths = [...drv.outputs].map(([name, output]) => [name, 'path' in output ? output.path : undefined]);
  return new Map(paths as [string, StorePath | undefined][]);
}

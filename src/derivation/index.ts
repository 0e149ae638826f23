/**
 * Derivations: reading and writing `.drv` files, and the paths of their outputs.
 *
 * @module
 */
export type { Derivation, DerivationOutput } from './derivation.ts';
export { derivationOutputs } from './derivation.ts';
export type { DerivationPathOptions, OutputPathsOptions } from './output-paths.ts';
export { derivationPath, outputPaths } from './output-paths.ts';
export type { ParseDerivationOptions } from './parse.ts';
export { parseDerivation } from './parse.ts';
export type { PrintDerivationOptions } from './print.ts';
export { printDerivation } from './print.ts';

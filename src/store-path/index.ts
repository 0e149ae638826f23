/**
 * Store paths and content addresses: parsing, printing, computing.
 *
 * @module
 */
export { MAX_NAME_LENGTH } from './base-name.ts';
export type { ContentAddress, ContentAddressMethod } from './content-address.ts';
export { parseContentAddress, printContentAddress } from './content-address.ts';
export type { HashModuloOptions } from './hash-modulo.ts';
export { hashModulo } from './hash-modulo.ts';
export type { MakeStorePathOptions } from './make-store-path.ts';
export { makeContentAddressedPath } from './make-store-path.ts';
export { findReferences, ReferenceScanner } from './references.ts';
export type { StoreDir, StorePath, StorePathOptions } from './store-path.ts';
export {
  checkPathName,
  checkStoreDir,
  DEFAULT_STORE_DIR,
  hashPart,
  isDerivation,
  isHashPart,
  parseBaseName,
  parseStorePath,
  pathName,
  printStorePath,
} from './store-path.ts';

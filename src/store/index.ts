/**
 * Stores: keys and bytes, nothing of Nix.
 *
 * @module
 */
export { HttpStore } from './http.ts';
export type { HeaderFields, HttpStoreOptions } from './http-options.ts';
export { checkKey } from './key.ts';
export type { MemoryStoreOptions } from './memory.ts';
export { MemoryStore } from './memory.ts';
export { checkRange, resolveRange } from './range.ts';
export type { RetryOptions } from './retry.ts';
export type {
  GetOptions,
  ListableStore,
  ListOptions,
  MassQueryStore,
  ObjectInfo,
  PutOptions,
  PutResult,
  ReadableStore,
  StoreCallOptions,
  StoredObject,
  UrlStore,
  WritableStore,
} from './store.ts';

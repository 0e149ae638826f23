/**
 * The store contract: keys and bytes, nothing of Nix. A "store" here is where the objects of a
 * binary cache live; the Nix store is always called `storeDir`.
 *
 * Capabilities are types, never optional methods. Absence is `undefined`; "denied", "down" and
 * anything else are a `StoreError`; a container that does not exist (no such bucket or directory)
 * is a `MissingError` with `ERR_MISSING_CONTAINER`.
 *
 * @module
 */
import type { ByteSource } from '../bytes/stream.ts';

/** What is known of an object without reading it. */
export interface ObjectInfo {
  /** Relative, `/`-separated, without empty, `.` or `..` segments. */
  readonly key: string;
  /** Bytes; `undefined` where the server does not say (a compressed transfer, say). */
  readonly size: number | undefined;
  /** The server's entity tag, quotes included. */
  readonly etag?: string;
  readonly lastModified?: Date;
  readonly contentType?: string;
  /** User metadata, lower-case names. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** An object and its bytes, to be read once. */
export interface StoredObject extends ObjectInfo {
  readonly body: ReadableStream<Uint8Array>;
  /** Set when a range was asked for *and* the store honoured it: the first and last byte held by `body`. */
  readonly range?: { readonly start: number; readonly end: number };
}

/** Options of every call. */
export interface StoreCallOptions {
  /** Aborts the call; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Options of `get`. */
export interface GetOptions extends StoreCallOptions {
  /** First and last byte wanted, both inclusive; `end` absent: to the end of the object. */
  range?: { start: number; end?: number };
}

/** Options of `put`. */
export interface PutOptions extends StoreCallOptions {
  /** Length of the body in bytes, when known; a body of another length fails the put. */
  size?: number;
  contentType?: string;
  cacheControl?: string;
  /** User metadata; ignored by stores that have no place for it. */
  metadata?: Readonly<Record<string, string>>;
  /** Store only where the key does not exist yet. @default false */
  ifAbsent?: boolean;
}

/** What `put` did. */
export interface PutResult {
  /** `present`: `ifAbsent` was asked for and the key existed; nothing was written. */
  readonly outcome: 'stored' | 'present';
  /** `false`: the server has no conditional writes, so `ifAbsent` was a `head` before the put, not atomic. */
  readonly conditional?: boolean;
  readonly etag?: string;
}

/** Options of `list`. */
export interface ListOptions extends StoreCallOptions {}

/** A store that can be read. */
export interface ReadableStore {
  /** A name for messages, such as the URL; never holds credentials. */
  readonly name: string;
  /** Size and the like; `undefined` where there is no such object. */
  head(key: string, options?: StoreCallOptions): Promise<ObjectInfo | undefined>;
  /** The object; `undefined` where there is none. Read or cancel `body`. */
  get(key: string, options?: GetOptions): Promise<StoredObject | undefined>;
}

/** A store that can be written. */
export interface WritableStore extends ReadableStore {
  /**
   * Writes all or nothing: a reader sees the old object or the new one, never half of one, and a
   * body that fails leaves no object.
   */
  put(key: string, body: ByteSource, options?: PutOptions): Promise<PutResult>;
  /** Removes the object; removing what is not there succeeds. */
  delete(key: string, options?: StoreCallOptions): Promise<void>;
}

/** A store whose objects have URLs, so that a narinfo may refer to one by more than a key. */
export interface UrlStore extends ReadableStore {
  /** The object at a URL reference (RFC 3986), resolved against the root of the store: `nar/x.nar?hash=y`. */
  getUrl(reference: string, options?: GetOptions): Promise<StoredObject | undefined>;
}

/** A store that can tell of many keys which are there, for less than a `head` of each. */
export interface MassQueryStore extends ReadableStore {
  /** Those of `keys` that have an object. They are not all looked at in the same moment. */
  existing(keys: Iterable<string>, options?: StoreCallOptions): Promise<Set<string>>;
}

/** A store that can be listed. */
export interface ListableStore extends ReadableStore {
  /** Every object whose key begins with `prefix` (default: all), in no particular order. */
  list(prefix?: string, options?: ListOptions): AsyncIterable<ObjectInfo>;
}

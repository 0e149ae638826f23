/**
 * `MemoryStore`: objects in a `Map`. For tests, for small caches at the edge, and as the shortest
 * example of the store contract.
 *
 * @module
 */
import { type ByteSource, collect } from '../bytes/stream.ts';
import { checkOptions } from '../options.ts';
import { checkKey } from './key.ts';
import { discardBody, PUT_OPTIONS, readBody } from './put-body.ts';
import { resolveRange } from './range.ts';
import type {
  GetOptions,
  ListableStore,
  ListOptions,
  ObjectInfo,
  PutOptions,
  PutResult,
  StoreCallOptions,
  StoredObject,
  WritableStore,
} from './store.ts';

/** Options of {@link MemoryStore}. */
export interface MemoryStoreOptions {
  /** What messages call the store. @default 'memory:' */
  name?: string;
}

interface Entry {
  readonly info: ObjectInfo & { readonly size: number };
  /** Never written to once it is here; a put makes a new entry. */
  readonly bytes: Uint8Array;
}

/** Bytes handed out at a time: a large object is not copied as a whole. */
const CHUNK = 256 * 1024;

/**
 * A store in memory. Bytes are copied in and out; content types and metadata are kept.
 *
 * @example
 * ```ts
 * import { MemoryStore } from 'narkit/store';
 *
 * const store = new MemoryStore();
 * await store.put('nix-cache-info', new TextEncoder().encode('StoreDir: /nix/store\n'));
 * const object = await store.get('nix-cache-info');
 * console.log(await new Response(object?.body).text()); // StoreDir: /nix/store
 * ```
 */
export class MemoryStore implements WritableStore, ListableStore {
  readonly name: string;
  readonly #objects = new Map<string, Entry>();
  #version = 0;

  constructor(options: MemoryStoreOptions = {}) {
    checkOptions('MemoryStore', options, ['name']);
    this.name = options.name ?? 'memory:';
  }

  async head(key: string, options: StoreCallOptions = {}): Promise<ObjectInfo | undefined> {
    checkOptions('MemoryStore.head', options, ['signal']);
    checkKey(key, 'head');
    options.signal?.throwIfAborted();
    return this.#objects.get(key)?.info;
  }

  async get(key: string, options: GetOptions = {}): Promise<StoredObject | undefined> {
    checkOptions('MemoryStore.get', options, ['signal', 'range']);
    checkKey(key, 'get');
    options.signal?.throwIfAborted();
    const entry = this.#objects.get(key);
    if (entry === undefined) return undefined;
    const { info, bytes } = entry;
    if (options.range === undefined) return { ...info, body: streamOf(bytes) };
    const range = resolveRange(options.range, info.size, key);
    return { ...info, range, body: streamOf(bytes.subarray(range.start, range.end + 1)) };
  }

  async put(key: string, body: ByteSource, options: PutOptions = {}): Promise<PutResult> {
    const { signal, size, contentType, metadata, ifAbsent = false } = options;
    checkOptions('MemoryStore.put', options, PUT_OPTIONS);
    checkKey(key, 'put');
    signal?.throwIfAborted();
    if (ifAbsent && this.#objects.has(key)) return this.#present(key, body);
    const bytes = await collect(readBody(body, { key, size, signal }));
    // From here to the end nothing awaits, so nobody can come between the check and the write.
    if (ifAbsent && this.#objects.has(key)) return this.#present(key, body);
    const info = {
      key,
      size: bytes.length,
      etag: `"${++this.#version}"`,
      lastModified: new Date(),
      ...(contentType !== undefined && { contentType }),
      ...(metadata !== undefined && { metadata: lowerCaseNames(metadata) }),
    };
    this.#objects.set(key, { info, bytes });
    return { outcome: 'stored', etag: info.etag };
  }

  async delete(key: string, options: StoreCallOptions = {}): Promise<void> {
    checkOptions('MemoryStore.delete', options, ['signal']);
    checkKey(key, 'delete');
    options.signal?.throwIfAborted();
    this.#objects.delete(key);
  }

  async *list(prefix = '', options: ListOptions = {}): AsyncGenerator<ObjectInfo> {
    checkOptions('MemoryStore.list', options, ['signal']);
    for (const [key, { info }] of [...this.#objects]) {
      options.signal?.throwIfAborted();
      if (key.startsWith(prefix)) yield info;
    }
  }

  #present(key: string, body: ByteSource): PutResult {
    discardBody(body);
    const etag = this.#objects.get(key)?.info.etag;
    return { outcome: 'present', ...(etag !== undefined && { etag }) };
  }
}

function lowerCaseNames(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.freeze(
    Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value])),
  );
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at < bytes.length) controller.enqueue(bytes.slice(at, at + CHUNK));
        at += CHUNK;
        if (at >= bytes.length) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

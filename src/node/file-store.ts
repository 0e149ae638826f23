/**
 * `FileStore`: a binary cache in a directory, laid out as Nix's `file://` stores are: keys are
 * paths.
 *
 * @module
 */
import { constants, type Stats } from 'node:fs';
import { mkdir, open, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ByteSource } from '../bytes/stream.ts';
import { MissingError, StoreError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import { checkKey } from '../store/key.ts';
import { discardBody, PUT_OPTIONS, readBody } from '../store/put-body.ts';
import { checkRange, resolveRange } from '../store/range.ts';
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
} from '../store/store.ts';
import { fileError, isAbsent, systemCode } from './file-store-errors.ts';
import { etagOf, infoOf, readFrom } from './file-store-read.ts';
import { type Found, isDirectory, isKey, walk } from './file-store-walk.ts';
import {
  fillTemp,
  isTempName,
  openTemp,
  publish,
  syncDirectory,
  syncParents,
  type Temp,
} from './file-store-write.ts';

/** Options of {@link FileStore}. */
export interface FileStoreOptions {
  /** Make the directory at the first put; `false`: then it is an error that it is missing. @default true */
  create?: boolean;
  /**
   * Put returns only when the object would survive a power failure: the file is synced before it
   * gets its name, the directory after. Slower by a disk flush or two per object. @default false
   */
  sync?: boolean;
}

/**
 * A store in a directory.
 *
 * Objects appear by a rename, so readers see the old one or the new one; `ifAbsent` is a link, so
 * one of many racing writers wins, on other machines too. Content types and metadata have no place
 * here and are ignored. Keys of the form `.name.0123456789abcdef.tmp` are those of files being
 * written and refused. A directory that does not exist holds nothing; only `list` says so.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { FileStore } from 'narkit/node';
 *
 * const store = new FileStore(await mkdtemp('cache-'));
 * await store.put('log/x.drv', new TextEncoder().encode('built\n'));
 * console.log((await store.head('log/x.drv'))?.size); // 6
 * ```
 */
export class FileStore implements WritableStore, ListableStore {
  /** The directory as a `file://` URL. */
  readonly name: string;
  /** The directory as an absolute path. */
  readonly directory: string;
  readonly #create: boolean;
  readonly #sync: boolean;

  constructor(directory: string, options: FileStoreOptions = {}) {
    checkOptions('FileStore', options, ['create', 'sync']);
    if (typeof directory !== 'string' || directory === '')
      throw new TypeError('FileStore: no directory given');
    this.directory = resolve(directory);
    this.name = pathToFileURL(this.directory).href;
    this.#create = options.create ?? true;
    this.#sync = options.sync ?? false;
  }

  async head(key: string, options: StoreCallOptions = {}): Promise<ObjectInfo | undefined> {
    checkOptions('FileStore.head', options, ['signal']);
    const path = this.#path(key, 'head');
    options.signal?.throwIfAborted();
    const stats = await this.#stat(path, 'head', key);
    return stats && infoOf(key, stats);
  }

  async get(key: string, options: GetOptions = {}): Promise<StoredObject | undefined> {
    checkOptions('FileStore.get', options, ['signal', 'range']);
    checkRange(options.range);
    const path = this.#path(key, 'get');
    options.signal?.throwIfAborted();
    const fail = (err: unknown): unknown => fileError(err, 'get', path, key);
    try {
      // Not to wait for a writer, should it be a named pipe.
      const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      let stats: Stats;
      let range: StoredObject['range'];
      try {
        stats = await handle.stat();
        if (stats.isFile() && options.range) range = resolveRange(options.range, stats.size, key);
      } catch (err) {
        await handle.close();
        throw err;
      }
      if (!stats.isFile()) {
        await handle.close();
        return undefined;
      }
      const { start, end } = range ?? { start: 0, end: stats.size - 1 };
      const body = await readFrom(handle, start, end - start + 1, { signal: options.signal, fail });
      return { ...infoOf(key, stats), body, ...(range && { range }) };
    } catch (err) {
      if (isAbsent(err)) return undefined;
      throw fail(err);
    }
  }

  async put(key: string, body: ByteSource, options: PutOptions = {}): Promise<PutResult> {
    const { signal, size, ifAbsent = false } = options;
    checkOptions('FileStore.put', options, PUT_OPTIONS);
    const path = this.#path(key, 'put');
    signal?.throwIfAborted();
    const present = ifAbsent ? await this.#stat(path, 'put', key) : undefined;
    if (present !== undefined) {
      discardBody(body);
      return { outcome: 'present', etag: etagOf(present) };
    }
    let failure: { readonly error: unknown } | undefined;
    const onFailure = (error: unknown): void => {
      failure = { error };
    };
    try {
      const temp = await this.#openTemp(path);
      const stats = await fillTemp(temp, readBody(body, { key, size, signal, onFailure }), this.#sync);
      const result = await publish(temp.path, path, ifAbsent);
      if (result.outcome === 'present') return result;
      if (this.#sync) await syncDirectory(dirname(path));
      return { ...result, etag: etagOf(stats) };
    } catch (err) {
      discardBody(body);
      // What the body throws is the caller's own, even where it looks like an error of our files.
      throw failure !== undefined ? failure.error : fileError(err, 'put', path, key);
    }
  }

  async delete(key: string, options: StoreCallOptions = {}): Promise<void> {
    checkOptions('FileStore.delete', options, ['signal']);
    const path = this.#path(key, 'delete');
    options.signal?.throwIfAborted();
    try {
      await unlink(path);
      if (this.#sync) await syncDirectory(dirname(path));
    } catch (err) {
      // Some systems call a directory EPERM.
      if (isAbsent(err) || (await isDirectory(path))) return;
      throw fileError(err, 'delete', path, key);
    }
  }

  async *list(prefix = '', options: ListOptions = {}): AsyncGenerator<ObjectInfo> {
    checkOptions('FileStore.list', options, ['signal']);
    options.signal?.throwIfAborted();
    const below = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    for await (const { key, name, stats } of this.#walk(below)) {
      options.signal?.throwIfAborted();
      if (key.startsWith(prefix) && isKey(key) && !isTempName(name)) yield infoOf(key, stats);
    }
  }

  /**
   * Removes temporary files that writers left behind when they were killed.
   *
   * @param olderThanMs Age in milliseconds since their last byte; choose it longer than any upload
   * may pause.
   * @returns what was removed, relative to the directory.
   */
  async removeStale(olderThanMs: number): Promise<string[]> {
    const removed: string[] = [];
    for await (const { key, name, stats } of this.#walk('')) {
      if (!isTempName(name) || Date.now() - stats.mtimeMs < olderThanMs) continue;
      try {
        await rm(join(this.directory, key), { force: true });
      } catch (err) {
        throw fileError(err, 'delete', join(this.directory, key));
      }
      removed.push(key);
    }
    return removed;
  }

  #path(key: string, operation: StoreError['operation']): string {
    const path = join(this.directory, checkKey(key, operation));
    if (!isTempName(basename(path))) return path;
    const text = `bad object key ${JSON.stringify(key)}: such names are those of files being written`;
    throw new StoreError('ERR_STORE_KEY', text, { operation, key });
  }

  /** A directory, or anything else that is no file, is absent. */
  async #stat(path: string, operation: StoreError['operation'], key: string): Promise<Stats | undefined> {
    try {
      const stats = await stat(path);
      return stats.isFile() ? stats : undefined;
    } catch (err) {
      if (isAbsent(err)) return undefined;
      throw fileError(err, operation, path, key);
    }
  }

  async #openTemp(path: string): Promise<Temp> {
    try {
      return await openTemp(path);
    } catch (err) {
      if (systemCode(err) !== 'ENOENT') throw err;
    }
    if (!this.#create && !(await isDirectory(this.directory))) throw this.#missing();
    const made = await mkdir(dirname(path), { recursive: true });
    if (this.#sync && made !== undefined) await syncParents(dirname(path), made);
    return openTemp(path);
  }

  async *#walk(below: string): AsyncGenerator<Found> {
    // No key begins with what cannot begin one, such as '../'.
    if (below !== '' && !isKey(below.slice(0, -1))) return;
    try {
      yield* walk(this.directory, below);
    } catch (err) {
      if (!isAbsent(err)) throw fileError(err, 'list', this.directory);
      if (!(await isDirectory(this.directory))) throw this.#missing();
    }
  }

  #missing(): MissingError {
    return new MissingError(
      'ERR_MISSING_CONTAINER',
      `there is no directory ${this.directory}: create it first`,
      {
        subject: this.directory,
      },
    );
  }
}

/**
 * `FileStore`: a binary cache in a directory, laid out as Nix's `file://` stores are: keys are
 * paths.
 *
 * @module
 */
import type { Stats } from 'node:fs';
import { mkdir, rm, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ByteSource } from '../bytes/stream.ts';
import { StoreError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import { checkKey } from '../store/key.ts';
import { checkSize, discardBody, PUT_OPTIONS, readBody } from '../store/put-body.ts';
import { checkRange } from '../store/range.ts';
import type {
  GetOptions,
  ListableStore,
  ListOptions,
  MassQueryStore,
  ObjectInfo,
  PutOptions,
  PutResult,
  StoreCallOptions,
  StoredObject,
  WritableStore,
} from '../store/store.ts';
import { fileError, isAbsent, missingDirectory, systemCode } from './file-store-errors.ts';
import { listedKeys } from './file-store-existing.ts';
import { etagOf, infoOf, openObject, SMALL, statFile } from './file-store-read.ts';
import { Turns } from './file-store-turns.ts';
import { type Found, isDirectory, isKey, walk } from './file-store-walk.ts';
import {
  fillTemp,
  isTempName,
  openTemp,
  publish,
  syncDirectory,
  syncParents,
  writeTemp,
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
export class FileStore implements WritableStore, ListableStore, MassQueryStore {
  /** The directory as a `file://` URL. */
  readonly name: string;
  /** The directory as an absolute path. */
  readonly directory: string;
  readonly #create: boolean;
  readonly #sync: boolean;
  readonly #root: string;
  readonly #turns = new Turns();

  constructor(directory: string, options: FileStoreOptions = {}) {
    checkOptions('FileStore', options, ['create', 'sync']);
    if (typeof directory !== 'string' || directory === '')
      throw new TypeError('FileStore: no directory given');
    this.directory = resolve(directory);
    this.#root = join(this.directory, sep);
    this.name = pathToFileURL(this.directory).href;
    this.#create = options.create ?? true;
    this.#sync = options.sync ?? false;
  }

  async head(key: string, options: StoreCallOptions = {}): Promise<ObjectInfo | undefined> {
    checkOptions('FileStore.head', options, ['signal']);
    const path = this.#path(key, 'head');
    while (this.#turns.due) await this.#turns.next();
    options.signal?.throwIfAborted();
    const stats = this.#stat(path, 'head', key);
    return stats && infoOf(key, stats);
  }

  /** By the names in a directory, unless few are asked for, or it holds too many others. */
  async existing(keys: Iterable<string>, options: StoreCallOptions = {}): Promise<Set<string>> {
    checkOptions('FileStore.existing', options, ['signal']);
    const asked = new Map(Array.from(keys, (key) => [key, this.#path(key, 'head')]));
    const there = await listedKeys(this.#root, asked, this.#turns, options.signal);
    for (const [key, path] of asked) {
      if (there.has(key)) continue;
      while (this.#turns.due) await this.#turns.next();
      options.signal?.throwIfAborted();
      if (this.#stat(path, 'head', key) !== undefined) there.add(key);
    }
    return there;
  }

  async get(key: string, options: GetOptions = {}): Promise<StoredObject | undefined> {
    checkOptions('FileStore.get', options, ['signal', 'range']);
    checkRange(options.range);
    const path = this.#path(key, 'get');
    while (this.#turns.due) await this.#turns.next();
    options.signal?.throwIfAborted();
    try {
      return await openObject(path, key, options);
    } catch (err) {
      if (isAbsent(err)) return undefined;
      throw fileError(err, 'get', path, key);
    }
  }

  async put(key: string, body: ByteSource, options: PutOptions = {}): Promise<PutResult> {
    const { signal, size, ifAbsent = false } = options;
    checkOptions('FileStore.put', options, PUT_OPTIONS);
    const path = this.#path(key, 'put');
    while (this.#turns.due) await this.#turns.next();
    signal?.throwIfAborted();
    const present = ifAbsent ? this.#stat(path, 'put', key) : undefined;
    if (present !== undefined) {
      discardBody(body);
      return { outcome: 'present', etag: etagOf(present) };
    }
    let failure: { readonly error: unknown } | undefined;
    const onFailure = (error: unknown): void => {
      failure = { error };
    };
    try {
      if (body instanceof Uint8Array) checkSize(key, body.length, size);
      const written =
        body instanceof Uint8Array && body.length <= SMALL && !this.#sync
          ? await this.#inDirectory(path, () => writeTemp(path, body))
          : await fillTemp(
              await this.#inDirectory(path, () => openTemp(path)),
              readBody(body, { key, size, signal, onFailure }),
              this.#sync,
            );
      const result = publish(written.path, path, ifAbsent);
      if (result.outcome === 'present') return result;
      if (this.#sync) await syncDirectory(dirname(path));
      return { ...result, etag: etagOf(written.stats) };
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
      const path = this.#root + key;
      await rm(path, { force: true }).catch((err: unknown) => {
        throw fileError(err, 'delete', path);
      });
      removed.push(key);
    }
    return removed;
  }

  #path(key: string, operation: StoreError['operation']): string {
    const path = this.#root + checkKey(key, operation);
    if (!key.endsWith('.tmp') || !isTempName(basename(path))) return path;
    const text = `bad object key ${JSON.stringify(key)}: such names are those of files being written`;
    throw new StoreError('ERR_STORE_KEY', text, { operation, key });
  }

  /** A directory, or anything else that is no file, is absent. */
  #stat(path: string, operation: StoreError['operation'], key: string): Stats | undefined {
    try {
      return statFile(path);
    } catch (err) {
      throw fileError(err, operation, path, key);
    }
  }

  /** Opens a file below; where its directory is missing, makes it and tries again. */
  async #inDirectory<T>(path: string, open: () => T | Promise<T>): Promise<T> {
    try {
      return await open();
    } catch (err) {
      if (systemCode(err) !== 'ENOENT') throw err;
    }
    if (!this.#create && !(await isDirectory(this.directory))) throw missingDirectory(this.directory);
    const made = await mkdir(dirname(path), { recursive: true });
    if (this.#sync && made !== undefined) await syncParents(dirname(path), made);
    return await open();
  }

  async *#walk(below: string): AsyncGenerator<Found> {
    // No key begins with what cannot begin one, such as '../'.
    if (below !== '' && !isKey(below.slice(0, -1))) return;
    try {
      yield* walk(this.directory, below);
    } catch (err) {
      if (!isAbsent(err)) throw fileError(err, 'list', this.directory);
      if (!(await isDirectory(this.directory))) throw missingDirectory(this.directory);
    }
  }
}

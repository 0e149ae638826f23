/**
 * The database of a local Nix store, read without Nix.
 *
 * @module
 */
import { resolve } from 'node:path';
import { MissingError } from '../errors.ts';
import type { PathInfo } from '../narinfo/path-info.ts';
import { checkOptions } from '../options.ts';
import { topologicalOrder } from '../publish/closure.ts';
import type { StoreDir, StorePath } from '../store-path/store-path.ts';
import { checkStoreDir, DEFAULT_STORE_DIR, isHashPart, printStorePath } from '../store-path/store-path.ts';
import { findDatabase, loadSqlite } from './nix-database-open.ts';
import { NixDatabaseReader } from './nix-database-reader.ts';
import type { NixDatabaseRows } from './nix-database-rows.ts';

/** Where Nix keeps what it knows, unless told otherwise; below `root`, always. */
export const DEFAULT_STATE_DIR = '/nix/var/nix';

/** Options of {@link NixDatabase}.open. */
export interface NixDatabaseOptions {
  /** Directory that has `db/db.sqlite`; not together with `root`. @default '/nix/var/nix' */
  stateDir?: string;
  /** Root of a store elsewhere (`local?root=`): the database is in `nix/var/nix` below it. @default none */
  root?: string;
  /** @default '/nix/store' */
  storeDir?: StoreDir;
  /** Milliseconds to wait for a process that locks the database. @default 10000 */
  busyTimeoutMs?: number;
  /** Ends the opening. */
  signal?: AbortSignal;
}

/** Options of every question to a {@link NixDatabase}. */
export interface NixDatabaseCallOptions {
  /** Ends the waiting for locks. */
  signal?: AbortSignal;
}

/**
 * What a local Nix store knows, from its SQLite database: neither Nix nor a daemon need be there. It
 * only reads; every answer is of one moment, also while Nix writes.
 *
 * Every method throws NarkitError: `ERR_NIX_DATABASE` when the database cannot be read or is damaged,
 * `ERR_NIX_DATABASE_BUSY` when it stays locked. Needs `node:sqlite`.
 *
 * @example
 * ```ts no-run
 * import { NixDatabase } from 'narkit/node';
 * import { parseStorePath } from 'narkit/store-path';
 *
 * using database = await NixDatabase.open();
 * const path = parseStorePath('/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt');
 * console.log(await database.queryPathInfo(path));
 * ```
 */
export class NixDatabase implements Disposable {
  readonly storeDir: StoreDir;
  readonly #reader: NixDatabaseReader;

  private constructor(storeDir: StoreDir, reader: NixDatabaseReader) {
    this.storeDir = storeDir;
    this.#reader = reader;
  }

  /**
   * Opens the database, and reads enough of it to know that it can be used.
   *
   * @throws NarkitError `ERR_NIX_DATABASE`, `ERR_NIX_DATABASE_BUSY`; ParseError `ERR_STORE_DIR` when it is of
   *   another store directory; UnsupportedError for a foreign schema, or where there is no `node:sqlite`.
   */
  static async open(options: NixDatabaseOptions = {}): Promise<NixDatabase> {
    checkOptions('NixDatabase.open', options, ['stateDir', 'root', 'storeDir', 'busyTimeoutMs', 'signal']);
    const { stateDir, root, busyTimeoutMs = 10_000, signal } = options;
    if (root !== undefined && stateDir !== undefined)
      throw new TypeError(
        "NixDatabase.open: 'root' says where the state directory is; give only one of them",
      );
    if (!(busyTimeoutMs >= 0))
      throw new RangeError(`NixDatabase.open: busyTimeoutMs must not be negative, and is ${busyTimeoutMs}`);
    const storeDir = checkStoreDir(options.storeDir ?? DEFAULT_STORE_DIR);
    const sqlite = await loadSqlite();
    const directory = root === undefined ? (stateDir ?? DEFAULT_STATE_DIR) : root + DEFAULT_STATE_DIR;
    const file = await findDatabase(resolve(directory));
    const reader = new NixDatabaseReader({ sqlite, file, storeDir, busyTimeoutMs });
    const database = new NixDatabase(storeDir, reader);
    await reader.read((rows) => rows.any(), signal);
    return database;
  }

  /** Whether the store has the path. */
  async isValidPath(path: StorePath, options: NixDatabaseCallOptions = {}): Promise<boolean> {
    return await this.#ask('isValidPath', options, (rows) => rows.isValid(path));
  }

  /** The info of a path; `undefined` when it is not valid in the store. */
  async queryPathInfo(path: StorePath, options: NixDatabaseCallOptions = {}): Promise<PathInfo | undefined> {
    return await this.#ask('queryPathInfo', options, (rows) => rows.infos([path]).get(path));
  }

  /** Infos of paths, all of one moment; a path that is not valid maps to `undefined`. */
  async pathInfos(
    paths: Iterable<StorePath>,
    options: NixDatabaseCallOptions = {},
  ): Promise<Map<StorePath, PathInfo | undefined>> {
    const wanted = new Set(paths);
    const infos = await this.#ask('pathInfos', options, (rows) => rows.infos(wanted));
    return new Map([...wanted].map((path) => [path, infos.get(path)]));
  }

  /**
   * Infos of the closure of `paths`, references before what refers to them.
   *
   * @throws MissingError `ERR_MISSING_PATH` for a path that is not valid.
   */
  async closure(paths: Iterable<StorePath>, options: NixDatabaseCallOptions = {}): Promise<PathInfo[]> {
    const roots = new Set(paths);
    const infos = await this.#ask('closure', options, (rows) => rows.closure(roots));
    for (const path of roots) if (!infos.has(path)) throw this.#missing(path);
    return topologicalOrder(infos.values());
  }

  /**
   * Output paths of a derivation, sorted, as far as known: those of floating content-addressed ones are
   * known once they are built.
   *
   * @throws MissingError `ERR_MISSING_PATH` when the derivation is not valid.
   */
  async outputs(drvPath: StorePath, options: NixDatabaseCallOptions = {}): Promise<StorePath[]> {
    const outputs = await this.#ask('outputs', options, (rows) =>
      rows.isValid(drvPath) ? rows.outputs(drvPath) : undefined,
    );
    if (outputs === undefined) throw this.#missing(drvPath);
    return outputs;
  }

  /** All paths of the store, sorted. */
  async queryAllValidPaths(options: NixDatabaseCallOptions = {}): Promise<StorePath[]> {
    return await this.#ask('queryAllValidPaths', options, (rows) => rows.all());
  }

  /** The valid paths that refer to a path themselves, sorted. */
  async queryReferrers(path: StorePath, options: NixDatabaseCallOptions = {}): Promise<StorePath[]> {
    return await this.#ask('queryReferrers', options, (rows) => rows.referrers(path));
  }

  /** The valid path with this hash part. */
  async queryPathFromHashPart(
    hashPart: string,
    options: NixDatabaseCallOptions = {},
  ): Promise<StorePath | undefined> {
    if (!isHashPart(hashPart)) throw new TypeError(`not a hash part: ${JSON.stringify(hashPart)}`);
    return await this.#ask('queryPathFromHashPart', options, (rows) => rows.fromHashPart(hashPart));
  }

  /** Gives the files back; later questions are a TypeError. */
  close(): void {
    this.#reader.close();
  }

  /** As {@link close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #ask<T>(
    name: string,
    options: NixDatabaseCallOptions,
    ask: (rows: NixDatabaseRows) => T,
  ): Promise<T> {
    checkOptions(`NixDatabase ${name}`, options, ['signal']);
    return await this.#reader.read(ask, options.signal);
  }

  #missing(path: StorePath): MissingError {
    const subject = printStorePath(path, this.storeDir);
    return new MissingError('ERR_MISSING_PATH', `${subject} is not valid in the local Nix store`, {
      subject,
    });
  }
}

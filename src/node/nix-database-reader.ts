/**
 * Consistent answers from a database that others write to: one transaction each, tried again when a
 * writer is in the way.
 *
 * @module
 */
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { NarkitError, ParseError, UnsupportedError } from '../errors.ts';
import type { StoreDir } from '../store-path/store-path.ts';
import {
  hasWriterFiles,
  openDatabase,
  type Sqlite,
  type SqliteFailure,
  sqliteFailure,
  stampOf,
} from './nix-database-open.ts';
import { damaged, NixDatabaseRows } from './nix-database-rows.ts';

/** Milliseconds between two tries. */
const PAUSE_MS = 20;
/** Milliseconds in which a writer that is just beginning makes its files readable. */
const SETTLE_MS = 500;

/** Where the database is, and how to wait for it. */
export interface ReaderSettings {
  readonly sqlite: Sqlite;
  readonly file: string;
  readonly storeDir: StoreDir;
  readonly busyTimeoutMs: number;
}

interface Handle {
  readonly db: DatabaseSync;
  readonly rows: NixDatabaseRows;
  /** Of an immutable one: what must not have changed. */
  readonly stamp: string | undefined;
}

/** One connection, made when it is needed and made again when the files are others. */
export class NixDatabaseReader {
  readonly #settings: ReaderSettings;
  #handle: Handle | undefined;
  #closed = false;

  constructor(settings: ReaderSettings) {
    this.#settings = settings;
  }

  /** What `ask` returns; it is called again, from the beginning, after a failure that may pass. */
  async read<T>(ask: (rows: NixDatabaseRows) => T, signal: AbortSignal | undefined): Promise<T> {
    const start = performance.now();
    let immutable = false;
    for (;;) {
      signal?.throwIfAborted();
      if (this.#closed) throw new TypeError('NixDatabase: it is closed');
      const { file } = this.#settings;
      const stamp: string | undefined =
        this.#handle === undefined && immutable ? stampOf(file) : this.#handle?.stamp;
      try {
        this.#handle ??= this.#open(stamp);
        const answer = transaction(this.#handle, ask);
        if (stamp === undefined || stampOf(file) === stamp) return answer;
        // Nix has written meanwhile, so its files are there to go by.
        this.#drop();
        immutable = false;
      } catch (err) {
        this.#drop();
        const failure = sqliteFailure(err);
        const changed = stamp !== undefined && stampOf(file) !== stamp;
        immutable = failure === 'cannot-open' && stamp === undefined && !hasWriterFiles(file);
        if (immutable) continue;
        if (!changed && performance.now() - start >= this.#patience(failure))
          throw failure === undefined ? err : this.#explain(failure, err);
      }
      // Cut short by the signal, whose reason is thrown above.
      await sleep(PAUSE_MS, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    }
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  /** Immutable when there is a stamp. */
  #open(stamp: string | undefined): Handle {
    const { sqlite, file, storeDir } = this.#settings;
    const db = openDatabase(sqlite, file, stamp !== undefined);
    try {
      const rows = new NixDatabaseRows(db, storeDir);
      const path = rows.any();
      if (path !== undefined && !path.startsWith(`${storeDir}/`)) {
        throw new ParseError(
          'ERR_STORE_DIR',
          `the Nix database '${file}' is of another store directory than '${storeDir}': it has ${JSON.stringify(path)}; set storeDir`,
        );
      }
      return { db, rows, stamp };
    } catch (err) {
      db.close();
      throw err;
    }
  }

  #drop(): void {
    this.#handle?.db.close();
    this.#handle = undefined;
  }

  #patience(failure: SqliteFailure | undefined): number {
    if (failure === 'busy') return this.#settings.busyTimeoutMs;
    return failure === 'cannot-open' ? Math.min(SETTLE_MS, this.#settings.busyTimeoutMs) : 0;
  }

  #explain(failure: SqliteFailure, cause: unknown): NarkitError {
    const { file, busyTimeoutMs } = this.#settings;
    const said = (cause as Error).message;
    switch (failure) {
      case 'busy':
        return new NarkitError(
          'ERR_NIX_DATABASE_BUSY',
          `'${file}' was locked for ${busyTimeoutMs} ms by a process that writes to it; try later`,
          { cause },
        );
      case 'cannot-open':
        return new NarkitError(
          'ERR_NIX_DATABASE',
          `'${file}' cannot be opened (${said}): its -wal and -shm files must be readable, or be made; take rights for its directory, a copy of it, or NixDaemon`,
          { cause },
        );
      case 'corrupt':
        return damaged(`'${file}': ${said}`, cause);
      default:
        if (/^no such (table|column)/.test(said)) {
          return new UnsupportedError(
            `'${file}' is no database of a Nix that is known here (${said}); take NixDaemon or NixCommand`,
            { feature: 'schema of the Nix database', cause },
          );
        }
        return new NarkitError('ERR_NIX_DATABASE', `'${file}' cannot be read: ${said}`, { cause });
    }
  }
}

/** Nothing in it waits, so nothing else of this process comes between. After a failure `handle` is done with. */
function transaction<T>({ db, rows }: Handle, ask: (rows: NixDatabaseRows) => T): T {
  db.exec('begin');
  const answer = ask(rows);
  db.exec('rollback');
  return answer;
}

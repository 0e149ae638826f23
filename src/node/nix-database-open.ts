/**
 * Opening Nix's SQLite database to read it, while Nix may be writing to it.
 *
 * A database in WAL mode can be read as long as its `-wal` and `-shm` files are there or can be made.
 * Where nothing has it open and its directory is not writable, it is read as immutable, which takes
 * no locks and does not see changes: whoever does so must compare {@link stampOf} before and after.
 *
 * @module
 */
import { type BigIntStats, statSync } from 'node:fs';
import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { NarkitError, UnsupportedError } from '../errors.ts';

/** The schema of all versions of Nix since 2012. */
const SCHEMA = '10';

/** Primary result codes of SQLite. */
const BUSY = 5;
const READONLY = 8;
const CORRUPT = 11;
const CANTOPEN = 14;
const PROTOCOL = 15;
const NOTADB = 26;

/** The class of node:sqlite that opens databases. */
export type Sqlite = typeof DatabaseSync;

/** Loads node:sqlite only when it is needed: it is young, and some runtimes lack it. */
export async function loadSqlite(): Promise<Sqlite> {
  try {
    return (await import('node:sqlite')).DatabaseSync;
  } catch (cause) {
    throw new UnsupportedError(
      'this runtime has no node:sqlite, which reads the database of Nix; take Node.js 22.15 or later, or NixDaemon or NixCommand',
      { feature: 'node:sqlite', cause },
    );
  }
}

/** Returns the file of the database, which is there, can be read, and has the known schema. */
export async function findDatabase(stateDir: string): Promise<string> {
  const schemaFile = join(stateDir, 'db/schema');
  const file = join(stateDir, 'db/db.sqlite');
  let schema: string;
  try {
    schema = (await readFile(schemaFile, 'utf8')).trim();
    await access(file, constants.R_OK);
  } catch (cause) {
    throw new NarkitError(
      'ERR_NIX_DATABASE',
      `there is no Nix database to read in '${stateDir}' (${(cause as Error).message}); check stateDir or root, and the rights`,
      { cause },
    );
  }
  if (schema === SCHEMA) return file;
  throw new UnsupportedError(
    `the Nix database in '${stateDir}' has schema ${JSON.stringify(schema.slice(0, 20))}, and ${SCHEMA} is known here; take NixDaemon or NixCommand`,
    { feature: 'schema of the Nix database' },
  );
}

/** Opens it: nothing is read yet, so all that is wrong with it comes out later. */
export function openDatabase(sqlite: Sqlite, file: string, immutable: boolean): DatabaseSync {
  const url = pathToFileURL(file);
  if (immutable) url.searchParams.set('immutable', '1');
  const db = new sqlite(immutable ? url : file, { readOnly: true });
  // Waiting inside SQLite would block everything else; callers wait outside.
  db.exec('pragma busy_timeout = 0');
  return db;
}

/** What changes when the database is written to, other writers' files included; never opens them. */
export function stampOf(file: string): string {
  // To open and close it here would drop the locks of the whole process (POSIX).
  const parts = [file, `${file}-wal`, `${file}-journal`].map((name) => {
    const stats: BigIntStats | undefined = statSync(name, { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? '-' : `${stats.ino}.${stats.size}.${stats.mtimeNs}`;
  });
  return parts.join(' ');
}

/** Whether it has files of a writer, alive or dead, without which it must not be read. */
export function hasWriterFiles(file: string): boolean {
  return ['-wal', '-journal'].some((end) => {
    const stats = statSync(file + end, { throwIfNoEntry: false });
    return stats !== undefined && stats.size > 0;
  });
}

/** What a failure of SQLite asks for. */
export type SqliteFailure = 'busy' | 'cannot-open' | 'corrupt' | 'other';

/** `undefined` for what does not come from SQLite. */
export function sqliteFailure(err: unknown): SqliteFailure | undefined {
  if (!(err instanceof Error)) return undefined;
  // A number that only nonsense makes so large, refused by node:sqlite.
  if ('code' in err && err.code === 'ERR_OUT_OF_RANGE') return 'corrupt';
  if (!('errcode' in err) || typeof err.errcode !== 'number') return undefined;
  switch (err.errcode & 0xff) {
    case BUSY:
    case PROTOCOL:
      return 'busy';
    case READONLY:
    case CANTOPEN:
      return 'cannot-open';
    case CORRUPT:
    case NOTADB:
      return 'corrupt';
    default:
      return 'other';
  }
}

/**
 * Databases as Nix makes them, for tests.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StorePath } from 'narkit/store-path';

const TABLES = `
create table if not exists ValidPaths (id integer primary key autoincrement not null, path text unique not null,
  hash text not null, registrationTime integer not null, deriver text, narSize integer, ultimate integer, sigs text, ca text);
create table if not exists Refs (referrer integer not null, reference integer not null, primary key (referrer, reference),
  foreign key (referrer) references ValidPaths(id) on delete cascade,
  foreign key (reference) references ValidPaths(id) on delete restrict);
create index if not exists IndexReferrer on Refs(referrer);
create index if not exists IndexReference on Refs(reference);
create table if not exists DerivationOutputs (drv integer not null, id text not null, path text not null,
  primary key (drv, id), foreign key (drv) references ValidPaths(id) on delete cascade);`;

/** A state directory with a database, open for writing. */
export class DatabaseFile {
  readonly stateDir: string;
  readonly file: string;
  readonly db: DatabaseSync;

  private constructor(stateDir: string, journal: string) {
    this.stateDir = stateDir;
    this.file = join(stateDir, 'db/db.sqlite');
    this.db = new DatabaseSync(this.file);
    this.db.exec(`pragma journal_mode = ${journal}`);
    this.db.exec(TABLES);
  }

  static async create(stateDir: string, journal: 'wal' | 'truncate' = 'wal'): Promise<DatabaseFile> {
    await mkdir(join(stateDir, 'db'), { recursive: true });
    await writeFile(join(stateDir, 'db/schema'), '10');
    return new DatabaseFile(stateDir, journal);
  }

  /** Adds a path with references to what is there. */
  add(
    path: StorePath,
    references: readonly StorePath[] = [],
    columns: Record<string, string | number | null> = {},
  ): void {
    const row = { hash: `sha256:${'0'.repeat(64)}`, registrationTime: 1, narSize: 120, ...columns };
    const names = Object.keys(row);
    const marks = names.map(() => '?').join(', ');
    this.db
      .prepare(`insert into ValidPaths (path, ${names.join(', ')}) values (?, ${marks})`)
      .run(`/nix/store/${path}`, ...Object.values(row));
    const refer = this.db.prepare(
      'insert into Refs select a.id, b.id from ValidPaths a, ValidPaths b where a.path = ? and b.path = ?',
    );
    for (const reference of references) refer.run(`/nix/store/${path}`, `/nix/store/${reference}`);
  }
}

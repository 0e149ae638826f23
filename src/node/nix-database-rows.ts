/**
 * The questions to Nix's SQLite database, and path infos from its rows.
 *
 * Tables: `ValidPaths(id, path, hash, registrationTime, deriver, narSize, ultimate, sigs, ca)`,
 * `Refs(referrer, reference)` and `DerivationOutputs(drv, id, path)`; `hash` is `sha256:<base16>`,
 * `sigs` are separated by spaces, and `NULL` stands for what is absent or not known.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { NarkitError } from '../errors.ts';
import { parseHash } from '../hash/hash.ts';
import type { PathInfo } from '../narinfo/path-info.ts';
import { parseSignature } from '../signature/signature.ts';
import { parseContentAddress } from '../store-path/content-address.ts';
import type { StoreDir, StorePath } from '../store-path/store-path.ts';
import { parseStorePath, printStorePath } from '../store-path/store-path.ts';

/** Paths are handed over as one JSON array: one statement for any number of them. */
const GIVEN = 'select id from ValidPaths where path in (select value from json_each(?))';

/** Two statements that name the ids in `wanted` cost a third of what two statements per path do. */
const WANTED = `with wanted(id) as (${GIVEN})`;
const CLOSURE = `with recursive wanted(id) as (
  ${GIVEN} union select reference from wanted join Refs on referrer = wanted.id)`;

const INFOS = `select path, hash, deriver, narSize, sigs, ca, ValidPaths.id as id
  from wanted join ValidPaths on ValidPaths.id = wanted.id`;
const REFERENCES = `select referrer, path
  from wanted join Refs on referrer = wanted.id join ValidPaths on ValidPaths.id = reference`;

const STATEMENTS = {
  infos: `${WANTED} ${INFOS}`,
  references: `${WANTED} ${REFERENCES}`,
  closureInfos: `${CLOSURE} ${INFOS}`,
  closureReferences: `${CLOSURE} ${REFERENCES}`,
  isValid: 'select path from ValidPaths where path = ?',
  all: 'select path from ValidPaths',
  any: 'select path from ValidPaths limit 1',
  notBefore: 'select path from ValidPaths where path >= ? order by path limit 1',
  referrers: `select path from ValidPaths where id in (
    select referrer from Refs where reference = (select id from ValidPaths where path = ?))`,
  outputs: 'select path from DerivationOutputs where drv = (select id from ValidPaths where path = ?)',
} as const;

type Row = ReturnType<StatementSync['all']>[number];

/** The questions, prepared for one connection. They only make sense together inside one transaction. */
export class NixDatabaseRows {
  readonly #statements: Record<keyof typeof STATEMENTS, StatementSync>;
  readonly #storeDir: StoreDir;

  /** Fails with an error of SQLite when tables or columns are not there. */
  constructor(db: DatabaseSync, storeDir: StoreDir) {
    const entries = Object.entries(STATEMENTS).map(([name, sql]) => [name, db.prepare(sql)]);
    this.#statements = Object.fromEntries(entries);
    this.#storeDir = storeDir;
  }

  /** Infos of those of the paths that are valid, in no order. */
  infos(paths: Iterable<StorePath>): Map<StorePath, PathInfo> {
    const { infos, references } = this.#statements;
    return this.#infos(infos, references, paths);
  }

  /** Infos of the closure of those of the paths that are valid, in no order. */
  closure(paths: Iterable<StorePath>): Map<StorePath, PathInfo> {
    const { closureInfos, closureReferences } = this.#statements;
    return this.#infos(closureInfos, closureReferences, paths);
  }

  isValid(path: StorePath): boolean {
    return this.#statements.isValid.get(this.#print(path)) !== undefined;
  }

  all(): StorePath[] {
    return this.#paths(this.#statements.all.all());
  }

  /** One path as it is written there, to see the store directory; `undefined` in an empty store. */
  any(): string | undefined {
    const row = this.#statements.any.get();
    return row === undefined ? undefined : String(row['path']);
  }

  fromHashPart(hashPart: string): StorePath | undefined {
    const prefix = `${this.#storeDir}/${hashPart}-`;
    const row = this.#statements.notBefore.get(prefix);
    return row !== undefined && String(row['path']).startsWith(prefix) ? this.#parse(row['path']) : undefined;
  }

  referrers(path: StorePath): StorePath[] {
    return this.#paths(this.#statements.referrers.all(this.#print(path)));
  }

  outputs(drvPath: StorePath): StorePath[] {
    return this.#paths(this.#statements.outputs.all(this.#print(drvPath)));
  }

  #infos(
    infos: StatementSync,
    references: StatementSync,
    paths: Iterable<StorePath>,
  ): Map<StorePath, PathInfo> {
    const given = JSON.stringify(Array.from(paths, this.#print));
    const byId = new Map<unknown, StorePath[]>();
    for (const { referrer, path } of references.all(given)) {
      const known = byId.get(referrer);
      if (known === undefined) byId.set(referrer, [this.#parse(path)]);
      else known.push(this.#parse(path));
    }
    const found = new Map<StorePath, PathInfo>();
    for (const row of infos.all(given)) {
      const info = this.#info(row, byId.get(row['id']) ?? []);
      found.set(info.storePath, info);
    }
    return found;
  }

  #info(row: Row, references: StorePath[]): PathInfo {
    const { path, hash, deriver, narSize, sigs, ca } = row;
    try {
      const size = narSize ?? 0; // what Nix itself says where it is not known
      if (typeof size !== 'number' || !(size >= 0)) throw new RangeError(`narSize is ${String(size)}`);
      return {
        storePath: this.#parse(path),
        narHash: parseHash(String(hash)),
        narSize: size,
        references: references.sort(),
        // A set, which Nix keeps in this order.
        signatures: [...new Set(words(sigs))].sort().map(parseSignature),
        ...(isText(ca) ? { ca: parseContentAddress(ca) } : {}),
        ...(isText(deriver) ? { deriver: this.#parse(deriver) } : {}),
      };
    } catch (cause) {
      throw damaged(`the row of ${JSON.stringify(path)} makes no sense: ${(cause as Error).message}`, cause);
    }
  }

  /** In the order of paths, as everywhere. */
  #paths(rows: readonly Row[]): StorePath[] {
    return rows.map((row) => this.#parse(row['path'])).sort();
  }

  readonly #print = (path: StorePath): string => printStorePath(path, this.#storeDir);

  #parse(text: unknown): StorePath {
    try {
      return parseStorePath(String(text), { storeDir: this.#storeDir });
    } catch (cause) {
      throw damaged((cause as Error).message, cause);
    }
  }
}

/** The database is there, but what it says is not to be used. */
export function damaged(why: string, cause: unknown): NarkitError {
  return new NarkitError(
    'ERR_NIX_DATABASE',
    `the Nix database is damaged: ${why}; see 'nix-store --verify'`,
    { cause },
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function words(value: unknown): string[] {
  return isText(value) ? value.split(' ').filter((word) => word !== '') : [];
}

/**
 * Temporary roots of the garbage collector: they live as long as the connection they were made on.
 *
 * @module
 */
import type { StorePath } from '../../store-path/store-path.ts';
import type { Connection } from './connection.ts';
import type { Operations } from './operations.ts';
import { ConnectionPool } from './pool.ts';
import type { Settings } from './settings.ts';

/** Paths that are held, on one connection of their own. */
export class TempRoots {
  readonly #operations: Operations;
  readonly #pool: ConnectionPool;
  readonly #paths = new Set<StorePath>();
  #holder: Connection | undefined;

  constructor(settings: Settings, operations: Operations) {
    this.#operations = operations;
    this.#pool = new ConnectionPool({ ...settings, connections: 1 });
  }

  /** Holds one more path; on a new connection, those from before as well. */
  async add(path: StorePath, signal: AbortSignal | undefined): Promise<void> {
    const connection = await this.#pool.lease(signal);
    try {
      const wanted = connection === this.#holder ? [path] : [...this.#paths, path];
      for (const each of wanted) await connection.perform(this.#operations.addTempRoot(each), signal);
      this.#holder = connection;
      this.#paths.add(path);
    } finally {
      this.#pool.release(connection);
    }
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}

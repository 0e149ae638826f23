/**
 * A few connections, handed out one request at a time, replaced when broken.
 *
 * @module
 */
import { Connection } from './connection.ts';
import type { Settings } from './settings.ts';

/** Opens connections as they are needed, up to the settings' number. */
export class ConnectionPool {
  readonly #settings: Settings;
  readonly #all = new Set<Connection>();
  readonly #idle: Connection[] = [];
  /** Who waits; each is called when there may be a connection. */
  readonly #waiting: (() => void)[] = [];
  readonly #closing = new AbortController();
  #opening = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** A connection for one exchange; {@link release} it. */
  async lease(signal: AbortSignal | undefined): Promise<Connection> {
    for (;;) {
      this.#closing.signal.throwIfAborted();
      signal?.throwIfAborted();
      for (let idle = this.#idle.shift(); idle !== undefined; idle = this.#idle.shift()) {
        if (!idle.broken) return idle;
        this.#all.delete(idle);
      }
      if (this.#all.size + this.#opening < this.#settings.connections) return await this.#open(signal);
      await this.#turn(signal);
    }
  }

  /** Takes a connection back, a broken one too. */
  release(connection: Connection): void {
    this.#idle.push(connection);
    this.#waiting.shift()?.();
  }

  /** Ends all connections, and what goes on over them. */
  async close(): Promise<void> {
    const reason = new TypeError('NixDaemon: it was closed');
    this.#closing.abort(reason);
    for (const wake of this.#waiting.splice(0)) wake();
    await Promise.all([...this.#all].map((connection) => connection.close(reason)));
  }

  async #open(signal: AbortSignal | undefined): Promise<Connection> {
    this.#opening++;
    try {
      const closing = this.#closing.signal;
      const either = signal === undefined ? closing : AbortSignal.any([signal, closing]);
      const connection = await Connection.open(this.#settings, either);
      this.#all.add(connection);
      return connection;
    } catch (err) {
      // Whoever waits for a connection must not wait for this one.
      this.#waiting.shift()?.();
      throw err;
    } finally {
      this.#opening--;
    }
  }

  /** Waits until a connection may be free. */
  async #turn(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    const onAbort = (): void => {
      const at = this.#waiting.indexOf(resolve);
      // Called already: the turn goes to the next.
      if (at < 0) this.#waiting.shift()?.();
      else this.#waiting.splice(at, 1);
      resolve();
    };
    signal?.addEventListener('abort', onAbort);
    await promise;
    signal?.removeEventListener('abort', onAbort);
  }
}

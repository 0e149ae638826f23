/**
 * A binary cache of files behind a network that can fail.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequestListener } from '@remix-run/node-fetch-server';
import { createHandler } from 'narkit/handler';
import { FileStore } from 'narkit/node';

/** The ways in which a network fails, and the one in which it does not. */
export const FAILURES = ['refuses', 'hangs', '503'] as const;
export type Network = 'works' | (typeof FAILURES)[number];

export class Cable {
  readonly directory: string;
  #port = 0;
  #network: Network = 'refuses';
  readonly #server = createServer((request, response) => this.#answer(request, response));
  readonly #handler: (request: IncomingMessage, response: ServerResponse) => void;

  /** Nobody listens until it is to {@link become} something. */
  constructor(directory: string) {
    this.directory = directory;
    this.#handler = createRequestListener(createHandler(new FileStore(directory), { write: true }));
  }

  /** The same for its whole life. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** What is under way breaks off. */
  async become(network: Network): Promise<void> {
    this.#network = network;
    this.#server.closeAllConnections();
    const listens = this.#server.listening;
    if (network === 'refuses') {
      // A port that was never listened to has no number to refuse at.
      if (this.#port === 0) await this.#listen();
      if (this.#server.listening) await this.close();
    } else if (!listens) await this.#listen();
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #listen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (this.#network === 'hangs') return;
    if (this.#network === '503') response.writeHead(503, { connection: 'close' }).end();
    else this.#handler(request, response);
  }
}

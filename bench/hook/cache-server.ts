/**
 * A binary cache in memory that can be in trouble.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** As a network or a server is: it answers, refuses connections, accepts them and is silent, or is overloaded. */
export const STATES = ['well', 'refused', 'hanging', '503'] as const;
export type State = (typeof STATES)[number];

export class CacheServer {
  readonly #files = new Map<string, Buffer>();
  #server: Server | undefined;
  #state: State = 'refused';
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** How many paths are in the cache. */
  get paths(): number {
    return [...this.#files.keys()].filter((name) => name.endsWith('.narinfo')).length;
  }

  async become(state: State): Promise<void> {
    this.#state = state;
    // What hangs would hang on.
    this.#server?.closeAllConnections();
    if (state === 'refused') return await this.close();
    if (this.#server !== undefined) return;
    const server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    // The same port again: the hooks know it.
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  empty(): void {
    this.#files.clear();
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#state === 'hanging') return;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const name = request.url ?? '/';
    if (this.#state === '503') {
      response.writeHead(503).end();
    } else if (request.method === 'PUT') {
      this.#files.set(name, Buffer.concat(chunks));
      response.writeHead(201).end();
    } else {
      const file = this.#files.get(name);
      response.writeHead(file === undefined ? 404 : 200, { 'content-length': file?.length ?? 0 });
      response.end(request.method === 'HEAD' ? undefined : file);
    }
  }
}

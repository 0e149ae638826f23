/**
 * Serves a binary cache over HTTP on this machine:
 *
 *     node serve.ts file:///var/cache/nix 8080
 *
 * The handler is a plain `(Request) => Promise<Response>`, so the same line of code serves from
 * Deno, Bun or a Worker.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequestListener } from '@remix-run/node-fetch-server';
import { createHandler } from 'narkit/handler';
import type { ReadableStore } from 'narkit/store';

/** A cache that is being served. */
export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `store` on the loopback interface; port 0 takes a free one. */
export async function serve(store: ReadableStore, port = 0): Promise<Served> {
  const server: Server = createServer(createRequestListener(createHandler(store)));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

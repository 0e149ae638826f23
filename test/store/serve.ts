/** Real servers for tests, on 127.0.0.1 and a free port. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequestListener } from '@remix-run/node-fetch-server';

export interface Served extends AsyncDisposable {
  readonly url: string;
}

export async function serve(listener: RequestListener): Promise<Served> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${portOf(server)}`, [Symbol.asyncDispose]: () => close(server) };
}

/** Serves one of our handlers; errors it lets through are printed by the adapter. */
export function serveHandler(handler: (request: Request) => Promise<Response>): Promise<Served> {
  return serve(createRequestListener(handler, { onError: () => undefined }));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

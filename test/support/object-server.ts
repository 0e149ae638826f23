/**
 * A server that keeps what is put, and does what faults say: the least that a cache over HTTP can be.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

/** Answers a request itself, or leaves it to the server: `undefined`. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => true | undefined;

export interface ObjectServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** By path. */
  readonly objects: Map<string, Buffer>;
}

/** Serves on a free loopback port until the test ends. */
export async function objectServer(t: TestContext, fault: Fault = () => undefined): Promise<ObjectServer> {
  const objects = new Map<string, Buffer>();
  const server = createServer(async (request, response) => {
    if (fault(request, response)) return;
    const { url = '', method } = request;
    if (method === 'PUT') objects.set(url, await buffer(request));
    if (method === 'DELETE') objects.delete(url);
    const object = objects.get(url);
    response.statusCode = object === undefined && method !== 'DELETE' ? 404 : 200;
    response.end(method === 'GET' ? object : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, objects };
}

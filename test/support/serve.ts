/**
 * A fetch handler behind a real socket.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { createRequestListener } from '@remix-run/node-fetch-server';

/** Serves on a free loopback port until the test ends; returns the URL. */
export async function listen(
  t: TestContext,
  handler: (request: Request) => Promise<Response>,
): Promise<string> {
  const server = createServer(createRequestListener(handler));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

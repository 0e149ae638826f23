/**
 * The service over HTTP, for the machine it runs on: `/metrics`, `/healthz`, `/status`. Nothing can be
 * changed by it.
 */
import { lookup } from 'node:dns/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, BlockList } from 'node:net';
import type { Health } from './health.ts';
import { redact } from './text.ts';

/** What is served. */
export interface HttpSources {
  readonly metrics: { text(): Promise<string>; readonly contentType: string };
  health(): Promise<Health>;
}

export interface HttpOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Listen on addresses that other machines can reach too. @default false */
  readonly anyAddress?: boolean;
}

/** The server, listening. */
export interface HttpService {
  /** Such as `http://127.0.0.1:9180`. */
  readonly url: string;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Starts to listen.
 *
 * @throws TypeError for an address that other machines can reach: nobody is asked who they are here,
 *   and names of paths may be nobody else's business.
 */
export async function serveHttp(sources: HttpSources, options: HttpOptions): Promise<HttpService> {
  const { host, port, anyAddress = false } = options;
  const { address, family } = await lookup(host);
  if (!anyAddress && !loopback.check(address, family === 6 ? 'ipv6' : 'ipv4')) {
    throw new TypeError(
      `listen: ${host} is reachable from other machines, and no password is asked: use 127.0.0.1:${port}, or where a firewall guards it, pass 'serve --listen-anywhere ${host}:${port}'`,
    );
  }
  const server = createServer((request, response) => {
    void respond(sources, request, response);
  });
  // Small questions only, and few who ask.
  server.maxConnections = 32;
  server.requestTimeout = 10_000;
  server.headersTimeout = 10_000;
  await listening(server, address, port);
  const at = server.address() as AddressInfo;
  return {
    url: `http://${family === 6 ? `[${address}]` : address}:${at.port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listening(server: Server, address: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (error) => {
    reject(new TypeError(`listen: cannot use ${address}, port ${port}: ${error.message}`));
  });
  server.listen(port, address, resolve);
  await promise;
}

async function respond(
  sources: HttpSources,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, type, body } = await answer(sources, request).catch(
    (error: unknown): Answer => text(500, redact((error as Error).message)),
  );
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function answer(sources: HttpSources, request: IncomingMessage): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'only GET');
  switch (request.url?.split('?', 1)[0]) {
    case '/metrics':
      return { status: 200, type: sources.metrics.contentType, body: await sources.metrics.text() };
    case '/healthz': {
      const { status, reasons } = await sources.health();
      return json(status === 'unhealthy' ? 503 : 200, { status, reasons });
    }
    case '/status':
      return json(200, await sources.health());
    default:
      return text(404, 'there are /metrics, /healthz and /status');
  }
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n` };
}

function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json', body: `${JSON.stringify(value)}\n` };
}

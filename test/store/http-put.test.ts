import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import { isNarkitError } from '../../src/errors.ts';
import { createHandler } from '../../src/handler/index.ts';
import { HttpStore, MemoryStore } from '../../src/store/index.ts';
import { serve } from './serve.ts';

const QUICK = { retry: { minDelayMs: 1 } };

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly length: number;
}

/** A server that reads every body and answers with the status of the nth request. */
async function recorder(statusOf: (seen: Seen, n: number) => number) {
  const seen: Seen[] = [];
  const server = await serve((req, res) => {
    let length = 0;
    req.on('data', (chunk: Buffer) => {
      length += chunk.length;
    });
    req.on('end', () => {
      const request = { method: req.method ?? '', url: req.url ?? '', headers: req.headers, length };
      seen.push(request);
      res.writeHead(statusOf(request, seen.length)).end();
    });
  });
  return { ...server, seen, [Symbol.asyncDispose]: server[Symbol.asyncDispose] };
}

async function* chunks(count: number, size = 1000): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield new Uint8Array(size);
}

test('small bodies are sent with their length, and again after a transient failure', async () => {
  await using server = await recorder((_seen, n) => (n === 1 ? 503 : 201));
  const store = new HttpStore(server.url, { retry: { minDelayMs: 1, maxDelayMs: 1 } });
  const options = { contentType: 'text/x-nix-narinfo', cacheControl: 'no-cache' };
  assert.deepEqual(await store.put('a b', chunks(3), options), { outcome: 'stored' });
  assert.deepEqual(
    server.seen.map((request) => request.length),
    [3000, 3000],
  );
  const last = server.seen[1];
  assert.equal(last?.url, '/a%20b');
  assert.equal(last?.headers['content-length'], '3000');
  assert.equal(last?.headers['content-type'], 'text/x-nix-narinfo');
  assert.equal(last?.headers['cache-control'], 'no-cache');
  assert.equal(last?.headers['content-encoding'], undefined);
});

test('large streams are sent once: chunked, or with the promised length', async () => {
  await using server = await recorder(() => 503);
  const store = new HttpStore(server.url, { ...QUICK, bufferLimit: 2000 });
  const err = await store.put('k', chunks(10)).catch((err: unknown) => err);
  assert.ok(isNarkitError(err, 'ERR_STORE_UNAVAILABLE'));
  await assert.rejects(store.put('k', chunks(10), { size: 10_000 }));
  assert.deepEqual(
    server.seen.map(({ headers }) => headers['content-length']),
    [undefined, '10000'],
  );
  assert.deepEqual(
    server.seen.map(({ length }) => length),
    [10_000, 10_000],
  );
});

test('a Uint8Array above the limit is still sent again', async () => {
  await using server = await recorder((_seen, n) => (n < 3 ? 500 : 200));
  await new HttpStore(server.url, { ...QUICK, bufferLimit: 10 }).put('k', new Uint8Array(5000));
  assert.deepEqual(
    server.seen.map(({ length }) => length),
    [5000, 5000, 5000],
  );
});

test('ifAbsent: 412 is present', async () => {
  await using server = await recorder(() => 412);
  const store = new HttpStore(server.url, QUICK);
  assert.deepEqual(await store.put('k', new Uint8Array(3), { ifAbsent: true }), { outcome: 'present' });
  assert.equal(server.seen[0]?.headers['if-none-match'], '*');
  // Without the condition, 412 makes no sense.
  await assert.rejects(store.put('k', new Uint8Array(3)), (err) => isNarkitError(err, 'ERR_STORE_FAILED'));
});

test('ifAbsent on a server without conditions asks with HEAD, and says so', async () => {
  const there = new Set<string>();
  await using server = await recorder(({ method, url, headers }) => {
    if (method === 'HEAD') return there.has(url) ? 200 : 404;
    if (headers['if-none-match'] !== undefined) return 501;
    there.add(url);
    return 201;
  });
  const store = new HttpStore(server.url, QUICK);
  const put = (key: string) => store.put(key, new Uint8Array(3), { ifAbsent: true });
  assert.deepEqual(await put('a'), { outcome: 'stored', conditional: false });
  assert.deepEqual(await put('a'), { outcome: 'present', conditional: false });
  assert.deepEqual(await put('b'), { outcome: 'stored', conditional: false });
  // The 501 is remembered: one wasted upload, not one each.
  assert.equal(server.seen.filter(({ headers }) => headers['if-none-match']).length, 1);
});

test('a large ifAbsent body is not sent when the object is there', async () => {
  await using server = await recorder(({ method }) => (method === 'HEAD' ? 200 : 412));
  const store = new HttpStore(server.url, { ...QUICK, bufferLimit: 1000 });
  let ended = false;
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks(100);
    } finally {
      ended = true;
    }
  }
  assert.equal((await store.put('k', body(), { ifAbsent: true })).outcome, 'present');
  assert.deepEqual(
    server.seen.map(({ method }) => method),
    ['HEAD'],
  );
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(ended, 'the body was not let go of');
});

test('a large stream that meets 501 fails as retryable, and the next one succeeds', async () => {
  await using server = await recorder(({ method, headers }) =>
    method === 'HEAD' ? 404 : headers['if-none-match'] ? 501 : 201,
  );
  const store = new HttpStore(server.url, { ...QUICK, bufferLimit: 1000 });
  const err = await store.put('k', chunks(5), { ifAbsent: true }).catch((err: unknown) => err);
  assert.ok(isNarkitError(err, 'ERR_STORE_FAILED'));
  assert.equal((err as { retryable?: boolean }).retryable, true);
  assert.deepEqual(await store.put('k', chunks(5), { ifAbsent: true }), {
    outcome: 'stored',
    conditional: false,
  });
});

test('an answer before the end of the body is heard', async () => {
  await using server = await serve((_req, res) => {
    res.writeHead(401, { connection: 'close' }).end();
  });
  let ended = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        yield new Uint8Array(65_536);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    } finally {
      ended = true;
    }
  }
  const store = new HttpStore(server.url, { ...QUICK, bufferLimit: 0 });
  const err = await store.put('k', endless()).catch((err: unknown) => err);
  // Which of the two comes first, the answer or the end of the connection, is the network's choice.
  assert.ok(isNarkitError(err, 'ERR_STORE_DENIED', 'ERR_STORE_UNAVAILABLE'), String(err));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(ended, 'the body was not let go of');
});

test('a hanging streamed body can be aborted, over a socket and in process', async () => {
  await using server = await recorder(() => 201);
  const inProcess = { fetch: createHandler(new MemoryStore(), { write: true }) };
  for (const [url, options] of [
    [server.url, {}],
    ['http://cache.invalid', inProcess],
  ] as const) {
    const store = new HttpStore(url, { ...options, ...QUICK, bufferLimit: 0 });
    const reason = new Error('enough');
    const controller = new AbortController();
    async function* hanging(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(100_000);
      setTimeout(() => controller.abort(reason), 5);
      await new Promise(() => {});
    }
    await assert.rejects(store.put('k', hanging(), { signal: controller.signal }), (err) => err === reason);
  }
  assert.equal(server.seen.length, 0);
});

test('an upload without an answer is timed out by the stall clock', async () => {
  await using server = await serve((req) => req.resume());
  const store = new HttpStore(server.url, { retry: { attempts: 1 }, timeoutMs: 10_000, stallTimeoutMs: 40 });
  await assert.rejects(store.put('k', new Uint8Array(9)), /nothing came for 40 ms/);
  const streaming = new HttpStore(server.url, { stallTimeoutMs: 40, bufferLimit: 0 });
  await assert.rejects(streaming.put('k', chunks(9)), /nothing came for 40 ms/);
});

test('fetch and handler are of the same kind: a prefix and odd keys survive', async () => {
  const memory = new MemoryStore();
  const fetch = createHandler(memory, { write: true, prefix: '/a/b' });
  const store = new HttpStore('http://cache.invalid/a/b/', { fetch });
  await store.put('x!y:z%41/+ =?#', new Uint8Array(2));
  assert.equal((await memory.head('x!y:z%41/+ =?#'))?.size, 2);
});

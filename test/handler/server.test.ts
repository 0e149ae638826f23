import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { test } from 'node:test';
import { createHandler } from '../../src/handler/index.ts';
import { MemoryStore } from '../../src/store/index.ts';
import { faultyStore } from '../../src/testing/index.ts';
import { serveHandler } from '../store/serve.ts';

async function start(store: MemoryStore) {
  const server = await serveHandler(createHandler(store, { write: true }));
  return { ...server, [Symbol.asyncDispose]: server[Symbol.asyncDispose] };
}

function put(url: string, headers: Record<string, string | number>): ClientRequest {
  const req = request(url, { method: 'PUT', headers });
  req.on('error', () => undefined);
  return req;
}

test('an upload cut off half-way leaves nothing, with and without a length', async () => {
  const store = new MemoryStore();
  await using server = await start(store);
  for (const headers of [{ 'content-length': 1_000_000 }, {}] as Record<string, number>[]) {
    const req = put(`${server.url}/nar/x.nar`, headers);
    req.write(Buffer.alloc(300_000));
    await new Promise((resolve) => setTimeout(resolve, 50));
    req.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(await store.head('nar/x.nar'), undefined);
  }
});

test('Expect: 100-continue is answered before the body', async () => {
  const store = new MemoryStore();
  await using server = await start(store);
  const req = put(`${server.url}/k`, { expect: '100-continue', 'content-length': 3 });
  req.flushHeaders();
  await once(req, 'continue');
  req.end('abc');
  const [response] = await once(req, 'response');
  assert.equal(response.statusCode, 201);
  response.resume();
  assert.equal((await store.head('k'))?.size, 3);
});

test('a body that fails on the way out cuts the connection: the client sees it', async () => {
  const inner = new MemoryStore();
  await inner.put('nar/k', new Uint8Array(500_000));
  const store = faultyStore(inner, [{ operation: 'get', failAt: 100_000 }]);
  await using server = await serveHandler(createHandler(store));
  const response = await fetch(`${server.url}/nar/k`);
  assert.equal(response.status, 200);
  await assert.rejects(response.arrayBuffer());
});

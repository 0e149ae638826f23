import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '../../src/errors.ts';
import { createHandler, type HandlerOptions } from '../../src/handler/index.ts';
import { MemoryStore, type ReadableStore } from '../../src/store/index.ts';
import { faultyStore } from '../../src/testing/index.ts';

const NAR = 'nar/1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z.nar.zst';
const BYTES = Uint8Array.from({ length: 1000 }, (_, i) => i);

async function open(options: HandlerOptions = {}) {
  const store = new MemoryStore();
  await store.put(NAR, BYTES);
  const handler = createHandler(store, options);
  const send = (path: string, init: RequestInit = {}) =>
    handler(new Request(`http://cache.invalid${path}`, init));
  return { store, handler, send };
}

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

test('GET sends the object with everything a client or a proxy wants to know', async () => {
  const { send } = await open();
  const response = await send(`/${NAR}`);
  assert.equal(response.status, 200);
  const headers = Object.fromEntries(response.headers);
  assert.equal(headers['content-length'], '1000');
  assert.equal(headers['content-type'], 'application/x-nix-nar');
  assert.equal(headers['accept-ranges'], 'bytes');
  assert.match(headers['cache-control'] ?? '', /immutable/);
  assert.match(headers.etag ?? '', /^".*"$/);
  assert.ok(!Number.isNaN(Date.parse(headers['last-modified'] ?? '')));
  assert.equal(headers['content-encoding'], undefined);
  assert.deepEqual(await bytesOf(response), BYTES);
});

test('content types and caching by key', async () => {
  const { store, send } = await open();
  for (const [key, type] of [
    ['nix-cache-info', 'text/x-nix-cache-info'],
    ['066q1npcw1gx13ini06wh80ir4ma4hhz.narinfo', 'text/x-nix-narinfo'],
    ['066q1npcw1gx13ini06wh80ir4ma4hhz.ls', 'application/json'],
    ['nar/x.nar', 'application/x-nix-nar'],
    ['log/x-b.drv', 'text/plain; charset=utf-8'],
    ['debuginfo/00.debug', 'application/json'],
    ['build-trace-v2/x-b.drv/out.doi', 'application/json'],
    ['realisations/sha256:00!out.doi', 'application/json'],
    ['other', 'application/octet-stream'],
    ['dir/x.narinfo', 'application/octet-stream'],
  ] as const) {
    await store.put(key, BYTES);
    const response = await send(`/${key}`);
    assert.equal(response.headers.get('content-type'), type, key);
    assert.equal(response.headers.get('cache-control')?.includes('immutable'), key.startsWith('nar/'), key);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    await response.body?.cancel();
  }
});

test('HEAD is GET without the body', async () => {
  const { send } = await open();
  for (const path of [`/${NAR}`, '/absent', '/nix-cache-info', '/a//b', '/%zz', '/']) {
    for (const headers of [{}, { 'if-none-match': '"1"' }, { 'if-none-match': '"other"' }]) {
      const [get, head] = [await send(path, { headers }), await send(path, { method: 'HEAD', headers })];
      assert.equal(head.status, get.status, path);
      assert.deepEqual(Object.fromEntries(head.headers), Object.fromEntries(get.headers), path);
      assert.equal(head.body, null);
      await get.body?.cancel();
    }
  }
});

test('ranges: first, middle, last, suffix, clipped, and those that are not to be had', async () => {
  const { send } = await open();
  for (const [range, start, end] of [
    ['bytes=0-0', 0, 0],
    ['bytes=10-19', 10, 19],
    ['bytes=990-', 990, 999],
    ['bytes=990-5000', 990, 999],
    ['bytes=-10', 990, 999],
    ['bytes=-5000', 0, 999],
  ] as const) {
    const response = await send(`/${NAR}`, { headers: { range } });
    assert.equal(response.status, 206, range);
    assert.equal(response.headers.get('content-range'), `bytes ${start}-${end}/1000`);
    assert.equal(response.headers.get('content-length'), String(end - start + 1));
    assert.deepEqual(await bytesOf(response), BYTES.slice(start, end + 1));
  }
  for (const range of ['bytes=1000-', 'bytes=5000-6000', 'bytes=-0']) {
    const response = await send(`/${NAR}`, { headers: { range } });
    assert.equal(response.status, 416, range);
    assert.equal(response.headers.get('content-range'), 'bytes */1000');
  }
  for (const range of ['bytes=5-4', 'bytes=0-1,5-6', 'lines=1-2', 'bytes=-', 'bytes=a-b', 'bytes 0-1']) {
    const response = await send(`/${NAR}`, { headers: { range } });
    assert.equal(response.status, 200, range);
    assert.equal((await bytesOf(response)).length, 1000);
  }
  assert.equal((await send('/absent', { headers: { range: 'bytes=0-1' } })).status, 404);
});

test('If-Range and If-None-Match', async () => {
  const { send, store } = await open();
  const etag = (await store.head(NAR))?.etag as string;
  const modified = (await send(`/${NAR}`, { method: 'HEAD' })).headers.get('last-modified') as string;
  const range = 'bytes=0-9';
  for (const [validator, status] of [
    [etag, 206],
    [modified, 206],
    ['"other"', 200],
    [`W/${etag}`, 200],
    [new Date(0).toUTCString(), 200],
  ] as const) {
    const response = await send(`/${NAR}`, { headers: { range, 'if-range': validator } });
    assert.equal(response.status, status, validator);
    await response.body?.cancel();
  }
  for (const [field, status] of [
    [etag, 304],
    [`W/${etag}`, 304],
    [`"a", ${etag}, "b"`, 304],
    ['*', 304],
    ['"other"', 200],
    ['garbage', 200],
  ] as const) {
    const response = await send(`/${NAR}`, { headers: { 'if-none-match': field } });
    assert.equal(response.status, status, field);
    if (status === 304) assert.equal(response.headers.get('etag'), etag);
    await response.body?.cancel();
  }
});

test('bad names are 400, absent ones 404, never a throw', async () => {
  const { send } = await open({ write: true });
  for (const path of [
    '//a',
    '/a//b',
    '/%2e%2e%2fetc%2fpasswd',
    '/a/..%2fb',
    '/%zz',
    '/%ff',
    '/%00',
    '/a%5Cb',
    '/nar/',
  ]) {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
      const response = await send(path, { method, ...(method === 'PUT' && { body: 'x' }) });
      assert.equal(response.status, 400, `${method} ${path}`);
    }
  }
  for (const path of ['/', '/absent', '/nar', '/..', '/a/../..']) {
    const response = await send(path);
    assert.equal(response.status, 404, path);
    assert.match(response.headers.get('cache-control') ?? '', /max-age=\d\d?$/);
  }
});

test('a bad name does not even reach the store', async () => {
  const asked: string[] = [];
  const store: ReadableStore = {
    name: 'trusting',
    head: async (key) => void asked.push(key),
    get: async (key) => void asked.push(key),
  };
  const handler = createHandler(store);
  assert.equal((await handler(new Request('http://cache.invalid/%2e%2e%2fetc%2fpasswd'))).status, 400);
  assert.equal((await handler(new Request('http://cache.invalid/fine'))).status, 404);
  assert.deepEqual(asked, ['fine']);
});

test('other methods are 405 and hear which are allowed', async () => {
  const { send } = await open();
  for (const method of ['PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH']) {
    const response = await send('/x', { method });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), 'GET, HEAD');
  }
  const writable = await open({ write: true });
  assert.equal(
    (await writable.send('/x', { method: 'POST' })).headers.get('allow'),
    'GET, HEAD, PUT, DELETE',
  );
});

test('nix-cache-info: made up, given, from the store, or none', async () => {
  const text = async (options: HandlerOptions) =>
    (await (await open(options)).send('/nix-cache-info')).text();
  assert.equal(await text({}), 'StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 30\n');
  assert.equal(await text({ cacheInfo: 'StoreDir: /gnu\n' }), 'StoreDir: /gnu\n');
  const none = await open({ cacheInfo: false });
  assert.equal((await none.send('/nix-cache-info')).status, 404);
  await none.store.put('nix-cache-info', new TextEncoder().encode('StoreDir: /own\n'));
  assert.equal(await (await none.send('/nix-cache-info')).text(), 'StoreDir: /own\n');
});

test('a prefix in any spelling', async () => {
  for (const prefix of ['/a/b', 'a/b', '/a/b/', '//a/b']) {
    const { send } = await open({ prefix });
    const response = await send(`/a/b/${NAR}`);
    assert.equal(response.status, 200, prefix);
    await response.body?.cancel();
    for (const path of [`/${NAR}`, `/a/bc/${NAR}`, '/a/b', '/a/b/'])
      assert.equal((await send(path)).status, 404, path);
  }
});

test('PUT creates with 201, replaces with 204, and DELETE removes', async () => {
  const { send, store } = await open({ write: true });
  const put = (body: string, headers = {}) => send('/log/x', { method: 'PUT', body, headers });
  assert.equal((await put('one')).status, 201);
  const replaced = await put('two', { 'content-type': 'text/html' });
  assert.equal(replaced.status, 204);
  assert.equal(replaced.headers.get('etag'), (await store.head('log/x'))?.etag);
  assert.equal(await (await send('/log/x')).text(), 'two');
  assert.equal((await store.head('log/x'))?.contentType, 'text/plain; charset=utf-8');
  assert.equal((await put('three', { 'if-none-match': '*' })).status, 412);
  assert.equal((await send('/log/x', { method: 'DELETE' })).status, 204);
  assert.equal((await send('/log/x', { method: 'DELETE' })).status, 204);
  assert.equal((await put('three', { 'if-none-match': '*' })).status, 201);
  assert.equal((await send('/empty', { method: 'PUT' })).status, 201);
  assert.equal((await store.head('empty'))?.size, 0);
});

test('a PUT that would be stored wrongly is refused', async () => {
  const { send, store } = await open({ write: true });
  for (const [headers, status] of [
    [{ 'content-encoding': 'gzip' }, 415],
    [{ 'content-range': 'bytes 0-2/3' }, 400],
    [{ 'if-match': '"x"' }, 501],
    [{ 'if-none-match': '"x"' }, 501],
    [{ 'content-length': '4' }, 400],
    [{ 'content-length': '2' }, 400],
  ] as const) {
    const response = await send('/x', {
      method: 'PUT',
      body: 'abc',
      headers: new Headers(headers as Record<string, string>),
    });
    assert.equal(response.status, status, JSON.stringify(headers));
    assert.equal(await store.head('x'), undefined);
  }
  assert.equal(
    (await send('/x', { method: 'PUT', body: 'abc', headers: { 'content-encoding': 'identity' } })).status,
    201,
  );
});

test('who may write is asked, and a refused body is let go of', async () => {
  const seen: string[] = [];
  const { send, store } = await open({
    write: async ({ method, headers }) => {
      seen.push(method);
      return headers.get('authorization') === 'Bearer ok' && method === 'PUT';
    },
  });
  let cancelled = false;
  const body = new ReadableStream({
    cancel() {
      cancelled = true;
    },
  });
  const refused = await send('/x', { method: 'PUT', body, duplex: 'half' } as RequestInit);
  assert.equal(refused.status, 403);
  assert.ok(cancelled);
  const headers = { authorization: 'Bearer ok' };
  assert.equal((await send('/x', { method: 'PUT', body: 'abc', headers })).status, 201);
  assert.equal((await send('/x', { method: 'DELETE', headers })).status, 403);
  assert.equal((await store.head('x'))?.size, 3);
  assert.deepEqual(seen, ['PUT', 'PUT', 'DELETE']);
  assert.equal((await send('/x')).status, 200);
});

test('a failing store is 502 or 503, and the answer keeps its secrets', async () => {
  const secret = '/srv/secret/path';
  const failed = new StoreError('ERR_STORE_FAILED', `cannot read ${secret}`, { operation: 'get' });
  const errors: unknown[] = [];
  for (const [error, status] of [
    ['unavailable', 503],
    ['denied', 502],
    [failed, 502],
    [new Error(secret), 500],
  ] as const) {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
      const store = faultyStore(new MemoryStore(), [{ error, times: 9 }]);
      const handler = createHandler(store, { write: true, onError: (err) => errors.push(err) });
      const body = method === 'PUT' ? { body: 'abc' } : {};
      const response = await handler(new Request('http://cache.invalid/x', { method, ...body }));
      assert.equal(response.status, status);
      assert.doesNotMatch(await response.text(), /secret|planned/);
      assert.equal(response.headers.has('retry-after'), status === 503);
    }
  }
  assert.equal(errors.length, 16);
});

test('a store that answers a range with everything', async () => {
  const inner = new MemoryStore();
  await inner.put('k', BYTES);
  const store: ReadableStore = {
    name: 'no ranges',
    head: (key) => inner.head(key),
    get: (key) => inner.get(key),
  };
  const request = new Request('http://cache.invalid/k', { headers: { range: 'bytes=1-2' } });
  const response = await createHandler(store)(request);
  assert.equal(response.status, 200);
  assert.equal((await bytesOf(response)).length, 1000);
});

test('wrong options are the programmer’s mistake', () => {
  const readOnly = { name: 'x', head: async () => undefined, get: async () => undefined };
  assert.throws(() => createHandler(readOnly, { write: true } as object), TypeError);
  assert.throws(() => createHandler(new MemoryStore(), { prefx: '/' } as object), /did you mean 'prefix'/);
});

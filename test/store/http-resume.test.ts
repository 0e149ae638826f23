import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { isNarkitError } from '../../src/errors.ts';
import { HttpStore, type StoredObject } from '../../src/store/index.ts';
import { serve } from './serve.ts';

const BYTES = new Uint8Array(300_000).map((_, i) => (i * 7919) >> 5);
const OPTIONS = { retry: { minDelayMs: 1 }, stallTimeoutMs: 300 };

interface Flaky {
  /** Bytes sent before the connection is cut; `undefined`: all. */
  cut: (request: number) => number | undefined;
  ranges?: boolean;
  /** Says that it takes ranges, but ignores them. */
  lies?: boolean;
  etag?: (request: number) => string;
  bytes?: (request: number) => Uint8Array;
  /** Do not cut, just stop sending. */
  hang?: boolean;
}

/** A server whose connections break. */
async function flaky(plan: Flaky) {
  const seen: IncomingMessage[] = [];
  const server = await serve((req: IncomingMessage, res: ServerResponse) => {
    seen.push(req);
    const all = plan.bytes?.(seen.length) ?? BYTES;
    const etag = plan.etag?.(seen.length);
    const match = /^bytes=(\d+)-(\d*)$/.exec(req.headers.range ?? '');
    const ifRange = req.headers['if-range'];
    const honoured =
      match !== null && plan.ranges && !plan.lies && (ifRange === undefined || ifRange === etag);
    const start = honoured ? Number(match[1]) : 0;
    const end = honoured && match[2] ? Number(match[2]) : all.length - 1;
    const body = all.subarray(start, end + 1);
    res.writeHead(honoured ? 206 : 200, {
      'content-length': body.length,
      ...(plan.ranges && { 'accept-ranges': 'bytes' }),
      ...(honoured && { 'content-range': `bytes ${start}-${end}/${all.length}` }),
      ...(etag && { etag }),
    });
    const cut = plan.cut(seen.length);
    if (cut === undefined) res.end(body);
    else res.write(body.subarray(0, cut), () => !plan.hang && setTimeout(() => res.destroy(), 5));
  });
  return { ...server, seen, [Symbol.asyncDispose]: server[Symbol.asyncDispose] };
}

async function bytesOf(object: StoredObject | undefined): Promise<Uint8Array> {
  return new Uint8Array(await new Response(object?.body).arrayBuffer());
}

test('a body that breaks off is taken up where it broke', async () => {
  for (const etag of [() => '"v1"', () => 'W/"v1"', undefined]) {
    await using server = await flaky({
      ranges: true,
      cut: (n) => (n <= 6 ? 40_000 : undefined),
      ...(etag && { etag }),
    });
    const object = await new HttpStore(server.url, OPTIONS).get('k');
    assert.deepEqual(await bytesOf(object), BYTES);
    assert.ok(server.seen.length >= 7);
    assert.match(server.seen[1]?.headers.range ?? '', /^bytes=\d+-$/);
    assert.equal(server.seen[1]?.headers['if-range'], etag?.() === '"v1"' ? '"v1"' : undefined);
  }
});

test('a body that stalls is taken up, too', async () => {
  await using server = await flaky({ ranges: true, hang: true, cut: (n) => (n === 1 ? 50_000 : undefined) });
  const object = await new HttpStore(server.url, { ...OPTIONS, stallTimeoutMs: 60 }).get('k');
  assert.deepEqual(await bytesOf(object), BYTES);
});

test('a broken range goes on within the range', async () => {
  await using server = await flaky({
    ranges: true,
    cut: (n) => (n === 1 ? 10_000 : undefined),
    etag: () => '"e"',
  });
  const object = await new HttpStore(server.url, OPTIONS).get('k', { range: { start: 1000, end: 99_999 } });
  assert.deepEqual(object?.range, { start: 1000, end: 99_999 });
  assert.equal(object?.size, BYTES.length);
  assert.deepEqual(await bytesOf(object), BYTES.slice(1000, 100_000));
  assert.match(server.seen[1]?.headers.range ?? '', /-99999$/);
});

test('without ranges a cut body is an error, never a short one', async () => {
  await using server = await flaky({ cut: () => 100_000 });
  const object = await new HttpStore(server.url, OPTIONS).get('k');
  await assert.rejects(bytesOf(object), (err) => isNarkitError(err, 'ERR_STORE_UNAVAILABLE'));
  assert.equal(server.seen.length, 1);
});

test('a server that says it takes ranges and ignores them does not corrupt', async () => {
  // The same strong tag proves that it is the same object: what came already is skipped.
  await using tagged = await flaky({
    ranges: true,
    lies: true,
    cut: (n) => (n === 1 ? 100_000 : undefined),
    etag: () => '"v1"',
  });
  assert.deepEqual(await bytesOf(await new HttpStore(tagged.url, OPTIONS).get('k')), BYTES);
  await using untagged = await flaky({
    ranges: true,
    lies: true,
    cut: (n) => (n === 1 ? 100_000 : undefined),
  });
  await assert.rejects(bytesOf(await new HttpStore(untagged.url, OPTIONS).get('k')), (err) =>
    isNarkitError(err, 'ERR_STORE_FAILED'),
  );
  assert.equal(untagged.seen.length, 2);
});

test('an object replaced meanwhile is not mixed in', async () => {
  const other = BYTES.toReversed();
  const longer = new Uint8Array(BYTES.length + 1);
  for (const [bytes, etag] of [
    [(n: number) => (n === 1 ? BYTES : other), (n: number) => `"${n}"`],
    [(n: number) => (n === 1 ? BYTES : other), (n: number) => `W/"${n}"`],
    [(n: number) => (n === 1 ? BYTES : longer), undefined],
  ] as const) {
    await using server = await flaky({
      ranges: true,
      cut: (n) => (n === 1 ? 100_000 : undefined),
      bytes,
      ...(etag && { etag }),
    });
    const object = await new HttpStore(server.url, OPTIONS).get('k');
    await assert.rejects(bytesOf(object), (err) => isNarkitError(err, 'ERR_STORE_FAILED'));
  }
});

test('an object of another length is not mixed into a range', async () => {
  const longer = new Uint8Array(BYTES.length + 1);
  await using server = await flaky({
    ranges: true,
    cut: (n) => (n === 1 ? 10_000 : undefined),
    bytes: (n) => (n === 1 ? BYTES : longer),
  });
  const object = await new HttpStore(server.url, OPTIONS).get('k', { range: { start: 0, end: 99_999 } });
  await assert.rejects(bytesOf(object), (err) => isNarkitError(err, 'ERR_STORE_FAILED'));
});

test('no progress at all ends after the last attempt', async () => {
  await using server = await flaky({ ranges: true, cut: (n) => (n === 1 ? 1000 : 0) });
  const store = new HttpStore(server.url, { ...OPTIONS, retry: { attempts: 3, minDelayMs: 1 } });
  await assert.rejects(bytesOf(await store.get('k')), (err) => isNarkitError(err, 'ERR_STORE_UNAVAILABLE'));
  assert.equal(server.seen.length, 4);
});

test('cancelling a broken body does not reopen it', async () => {
  await using server = await flaky({ ranges: true, hang: true, cut: () => 1000 });
  const object = await new HttpStore(server.url, { ...OPTIONS, stallTimeoutMs: 60 }).get('k');
  const reader = object?.body.getReader();
  await reader?.read();
  const pending = reader?.read();
  // Time for the stream to be waiting for the server.
  await new Promise((resolve) => setTimeout(resolve, 5));
  await reader?.cancel();
  await pending;
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(server.seen.length, 1);
});

test('a wrong length announced by a handler in process is noticed', async () => {
  for (const [length, code] of [
    ['11', 'ERR_STORE_UNAVAILABLE'],
    ['9', 'ERR_STORE_FAILED'],
  ] as const) {
    const fetch = async () => new Response(new Uint8Array(10), { headers: { 'content-length': length } });
    const object = await new HttpStore('http://cache.invalid', { fetch, retry: { attempts: 1 } }).get('k');
    await assert.rejects(bytesOf(object), (err) => isNarkitError(err, code));
  }
});

test('a 206 that is not the range asked for is refused', async () => {
  const answer = (range?: string) => async () =>
    new Response(new Uint8Array(10), { status: 206, ...(range && { headers: { 'content-range': range } }) });
  for (const field of ['bytes 5-14/100', undefined, 'bytes */100']) {
    const store = new HttpStore('http://cache.invalid', { fetch: answer(field) });
    await assert.rejects(store.get('k', { range: { start: 0, end: 9 } }), (e) =>
      isNarkitError(e, 'ERR_STORE_FAILED'),
    );
  }
  const unasked = new HttpStore('http://cache.invalid', { fetch: answer('bytes 0-9/100') });
  await assert.rejects(unasked.get('k'), (e) => isNarkitError(e, 'ERR_STORE_FAILED'));
  const unknownTotal = new HttpStore('http://cache.invalid', { fetch: answer('bytes 0-9/*') });
  assert.equal((await unknownTotal.get('k', { range: { start: 0, end: 9 } }))?.size, undefined);
});

test('a gzip-encoded answer is decoded and its size not claimed', async () => {
  const zipped = gzipSync(BYTES);
  await using server = await serve((_req, res) => {
    res.writeHead(200, {
      'content-encoding': 'gzip',
      'content-length': zipped.length,
      'accept-ranges': 'bytes',
    });
    res.end(zipped);
  });
  const store = new HttpStore(server.url, OPTIONS);
  const object = await store.get('k');
  assert.equal(object?.size, undefined);
  assert.deepEqual(await bytesOf(object), BYTES);
  assert.equal((await store.head('k'))?.size, undefined);
});

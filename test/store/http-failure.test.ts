import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { isNarkitError, StoreError } from '../../src/errors.ts';
import { HttpStore } from '../../src/store/index.ts';
import { serve } from './serve.ts';

const QUICK = { retry: { minDelayMs: 1, maxDelayMs: 2000 } };

type Answer = (req: IncomingMessage, res: ServerResponse) => void;

/** Serves the answers one after another, the last one for ever. */
async function scripted(...answers: Answer[]) {
  const seen: IncomingMessage[] = [];
  const server = await serve((req, res) => {
    seen.push(req);
    const answer = answers[Math.min(seen.length, answers.length) - 1] as Answer;
    req.resume().on('end', () => answer(req, res));
  });
  return { ...server, seen, [Symbol.asyncDispose]: server[Symbol.asyncDispose] };
}

const status =
  (code: number, headers: Record<string, string> = {}, body = ''): Answer =>
  (_req, res) => {
    res.writeHead(code, headers).end(body);
  };
const hang: Answer = () => {};

async function failure(promise: Promise<unknown>): Promise<StoreError> {
  const err = await promise.then(
    () => assert.fail('it succeeded'),
    (err: unknown) => err,
  );
  assert.ok(err instanceof StoreError, inspect(err));
  return err;
}

test('503 with Retry-After, then 200: waits as told, then succeeds', async () => {
  await using server = await scripted(status(503, { 'retry-after': '1' }), status(200, {}, 'hello'));
  const store = new HttpStore(server.url, QUICK);
  const started = performance.now();
  const object = await store.get('k');
  assert.equal(await new Response(object?.body).text(), 'hello');
  assert.ok(performance.now() - started >= 1000, 'it did not wait');
  assert.equal(server.seen.length, 2);
});

test('Retry-After as a date is understood', async () => {
  const date = new Date(Date.now() + 2000).toUTCString();
  await using server = await scripted(status(429, { 'retry-after': date }), status(200));
  const started = performance.now();
  await new HttpStore(server.url, QUICK).get('k');
  assert.ok(performance.now() - started >= 900, 'it did not wait');
});

test('a Retry-After beyond maxDelayMs ends the trying', async () => {
  await using server = await scripted(status(503, { 'retry-after': '3600' }));
  const err = await failure(new HttpStore(server.url, QUICK).head('k'));
  assert.equal(err.code, 'ERR_STORE_UNAVAILABLE');
  assert.equal(server.seen.length, 1);
});

test('transient answers are tried five times, then unavailable', async () => {
  for (const code of [408, 429, 500, 502, 503, 504, 599]) {
    await using server = await scripted(status(code));
    const err = await failure(new HttpStore(server.url, QUICK).get('k'));
    assert.equal(err.code, 'ERR_STORE_UNAVAILABLE');
    assert.equal(err.status, code);
    assert.equal(err.retryable, true);
    assert.equal(server.seen.length, 5);
    assert.match(err.message, /attempt 5/);
  }
});

test('final answers are not tried again', async () => {
  for (const code of [400, 402, 409, 418, 451, 501, 505, 511, 304]) {
    await using server = await scripted(
      status(code, { 'content-type': 'text/plain' }, code === 304 ? '' : 'because'),
    );
    const err = await failure(new HttpStore(server.url, QUICK).get('k'));
    assert.equal(err.code, 'ERR_STORE_FAILED');
    assert.equal(err.status, code);
    assert.equal(err.retryable, false);
    if (code !== 304) assert.match(err.message, /because/);
    assert.equal(server.seen.length, 1);
  }
});

test('401 and 407 are denied; 403 is absent for reading, unless said otherwise, and denied for writing', async () => {
  for (const code of [401, 407]) {
    let asked = 0;
    // In process: Node's fetch makes a network error of 407.
    const fetch = async () => {
      asked++;
      return new Response(null, { status: code });
    };
    const store = new HttpStore('http://cache.invalid', { ...QUICK, fetch });
    for (const call of [
      () => store.head('k'),
      () => store.get('k'),
      () => store.put('k', new Uint8Array(3)),
      () => store.delete('k'),
    ]) {
      assert.equal((await failure(call())).code, 'ERR_STORE_DENIED');
    }
    assert.equal(asked, 4);
  }
  await using locked = await scripted(status(401));
  assert.equal((await failure(new HttpStore(locked.url, QUICK).get('k'))).code, 'ERR_STORE_DENIED');
  await using server = await scripted(status(403));
  const store = new HttpStore(server.url, QUICK);
  assert.equal(await store.head('k'), undefined);
  assert.equal(await store.get('k'), undefined);
  assert.equal((await failure(store.put('k', new Uint8Array(3)))).code, 'ERR_STORE_DENIED');
  assert.equal((await failure(store.delete('k'))).code, 'ERR_STORE_DENIED');
  const strict = new HttpStore(server.url, { ...QUICK, missingStatuses: [404, 410] });
  assert.equal((await failure(strict.get('k'))).code, 'ERR_STORE_DENIED');
});

test('404 and 410 are absent to readers, and an error to a put', async () => {
  for (const code of [404, 410]) {
    await using server = await scripted(status(code));
    const store = new HttpStore(server.url, QUICK);
    assert.equal(await store.get('k'), undefined);
    await store.delete('k');
    assert.equal((await failure(store.put('k', new Uint8Array()))).code, 'ERR_STORE_FAILED');
  }
});

test('a header that does not come is timed out, and tried again', async () => {
  await using server = await scripted(hang, status(200, {}, 'late'));
  const store = new HttpStore(server.url, { ...QUICK, timeoutMs: 50 });
  assert.equal(await new Response((await store.get('k'))?.body).text(), 'late');
  await using dead = await scripted(hang);
  const err = await failure(
    new HttpStore(dead.url, { timeoutMs: 30, retry: { attempts: 2, minDelayMs: 1 } }).head('k'),
  );
  assert.equal(err.code, 'ERR_STORE_UNAVAILABLE');
  assert.match(err.message, /nothing came for 30 ms/);
  assert.equal(dead.seen.length, 2);
});

test('time-outs and aborts work on a fetch that does not heed its signal', async () => {
  const fetch = () => new Promise<Response>(() => {});
  const store = new HttpStore('http://cache.invalid', { fetch, timeoutMs: 10, retry: { attempts: 1 } });
  assert.equal((await failure(store.get('k'))).code, 'ERR_STORE_UNAVAILABLE');
  const reason = new Error('enough');
  const slow = new HttpStore('http://cache.invalid', { fetch });
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 5);
  await assert.rejects(slow.get('k', { signal: controller.signal }), (err) => err === reason);
});

test('abort ends the pause between two tries', async () => {
  await using server = await scripted(status(503, { 'retry-after': '60' }));
  const reason = new Error('enough');
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 50);
  const started = performance.now();
  const store = new HttpStore(server.url);
  await assert.rejects(store.head('k', { signal: controller.signal }), (err) => err === reason);
  assert.ok(performance.now() - started < 5000);
});

test('an abort while the body is read', async () => {
  await using server = await scripted((_req, res) =>
    res.writeHead(200, { 'content-length': 100 }).write('x'),
  );
  const controller = new AbortController();
  const object = await new HttpStore(server.url).get('k', { signal: controller.signal });
  const reader = object?.body.getReader();
  await reader?.read();
  const reason = new Error('enough');
  setTimeout(() => controller.abort(reason), 5);
  await assert.rejects(
    async () => reader?.read(),
    (err) => err === reason,
  );
});

test('a server that is not there is unavailable, and the message says why', async () => {
  const { url } = await (async () => {
    await using gone = await scripted(hang);
    return gone;
  })();
  const err = await failure(new HttpStore(url, { retry: { attempts: 2, minDelayMs: 1 } }).get('k'));
  assert.equal(err.code, 'ERR_STORE_UNAVAILABLE');
  assert.match(err.message, /ECONNREFUSED/);
});

test('credentials of the URL are sent, and shown nowhere', async () => {
  await using server = await scripted(status(500));
  const url = server.url.replace('://', '://us%40er:p%3Ass%2Fwörd@');
  const store = new HttpStore(url, { retry: { attempts: 1 } });
  const err = await failure(store.get('k'));
  const sent = server.seen[0]?.headers.authorization ?? '';
  assert.equal(Buffer.from(sent.replace('Basic ', ''), 'base64').toString(), 'us@er:p:ss/wörd');
  for (const text of [
    store.name,
    inspect(store, { depth: 9, showHidden: true }),
    inspect(err),
    JSON.stringify(store),
  ]) {
    assert.doesNotMatch(text, /p:ss|p%3Ass|us@er|us%40er/);
    assert.ok(!text.includes(sent.slice(6)));
  }
  assert.throws(
    () => new HttpStore('http://u:secret@'),
    (e: Error) => !e.message.includes('secret'),
  );
});

test('header fields: fixed, or asked for at every try; a bad one is not quoted', async () => {
  await using server = await scripted(status(500), status(200));
  let asked = 0;
  const headers = async () => ({ authorization: `Bearer ${++asked}` });
  await new HttpStore(server.url, { ...QUICK, headers }).head('k');
  assert.deepEqual(
    server.seen.map((req) => req.headers.authorization),
    ['Bearer 1', 'Bearer 2'],
  );
  const bad = new HttpStore(server.url, { headers: { authorization: 'Bearer s3cret\nx' } });
  await assert.rejects(
    bad.head('k'),
    (err: Error) => err instanceof TypeError && !inspect(err).includes('s3cret'),
  );
});

test('URLs and options that make no sense are refused', () => {
  for (const url of ['ftp://x', 'cache', 'http://x/?compression=zstd', 'http://x/#y', 's3://bucket']) {
    assert.throws(() => new HttpStore(url), TypeError);
  }
  assert.throws(() => new HttpStore('http://x', { timeout: 3 } as object), /did you mean/);
  assert.throws(() => new HttpStore('http://x', { retry: { attempt: 3 } as object }), TypeError);
  for (const options of [{ retry: { attempts: 0 } }, { retry: { minDelayMs: -1 } }, { timeoutMs: 1e12 }]) {
    assert.throws(() => new HttpStore('http://x', options), RangeError);
  }
});

test('an encoding that fetch does not decode is an error, not bytes', async () => {
  await using server = await scripted(status(200, { 'content-encoding': 'xz' }, 'not xz'));
  const err = await new HttpStore(server.url).get('k').catch((err: unknown) => err);
  assert.ok(isNarkitError(err, 'ERR_UNSUPPORTED'));
  await using plain = await scripted(status(200, { 'content-encoding': 'identity' }, 'as is'));
  assert.equal(await new Response((await new HttpStore(plain.url).get('k'))?.body).text(), 'as is');
});

test('nothing is asked to be compressed on the way', async () => {
  await using server = await scripted(status(200, {}, 'x'));
  await new HttpStore(server.url).get('k');
  assert.equal(server.seen[0]?.headers['accept-encoding'], 'identity');
});

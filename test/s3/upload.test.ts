/** Puts and gets against a real server. */
import assert from 'node:assert/strict';
import { createS3Client } from '../../src/s3/client.ts';
import { S3Store } from '../../src/s3/s3-store.ts';
import { assertNothingLeft, bytesOf, generated, MiB, pendingUploads, s3 } from './setup.ts';

s3('a body of unknown length goes in parts and comes back the same', async (fixture) => {
  const { store } = fixture;
  const length = 33 * MiB + 12345;
  const expected = await bytesOf(generated(length));
  const result = await store.put('large', generated(length), {
    contentType: 'application/x-nix-nar',
    metadata: { 'file-hash': 'sha256:abc' },
  });
  assert.equal(result.outcome, 'stored');
  const info = await store.head('large');
  assert.match(info?.etag ?? '', /-7"$/, 'seven parts');
  assert.deepEqual(
    { size: info?.size, contentType: info?.contentType, metadata: info?.metadata },
    { size: length, contentType: 'application/x-nix-nar', metadata: { 'file-hash': 'sha256:abc' } },
  );
  const object = await store.get('large');
  assert.ok(object);
  assert.ok((await bytesOf(object.body)).equals(expected));
  const part = await store.get('large', { range: { start: 5 * MiB - 3, end: 5 * MiB + 3 } });
  assert.deepEqual(part?.range, { start: 5 * MiB - 3, end: 5 * MiB + 3 });
  assert.equal(part?.size, length, 'the size of the whole');
  assert.ok((await bytesOf(part.body)).equals(expected.subarray(5 * MiB - 3, 5 * MiB + 4)));
});

s3('one part, exactly, is one request', async (fixture) => {
  const { store } = fixture;
  for (const [length, parts] of [
    [5 * MiB, 0],
    [5 * MiB + 1, 2],
    [10 * MiB, 2],
    [0, 0],
  ] as const) {
    await store.put('edge', generated(length));
    const info = await store.head('edge');
    assert.equal(info?.size, length);
    assert.equal(/-(\d+)"$/.exec(info.etag ?? '')?.[1] ?? '0', String(parts), `${length}`);
  }
});

s3('a body that fails leaves no object, no upload, and its own error', async (fixture) => {
  const { store } = fixture;
  const boom = new Error('boom');
  for (const length of [100, 22 * MiB]) {
    async function* body(): AsyncGenerator<Uint8Array> {
      yield* generated(length);
      throw boom;
    }
    await assert.rejects(store.put('failed', body()), (err) => err === boom);
    await assertNothingLeft(fixture, 'failed');
  }
});

s3('a body of another size than promised leaves nothing', async (fixture) => {
  const { store } = fixture;
  for (const [size, length] of [
    [4, 5],
    [5, 4],
    [20 * MiB, 20 * MiB - 1],
    [20 * MiB, 20 * MiB + 1],
  ] as const) {
    await assert.rejects(store.put('size', generated(length), { size }), { code: 'ERR_SIZE_MISMATCH' });
    await assertNothingLeft(fixture, 'size');
  }
  await store.put('size', generated(20 * MiB), { size: 20 * MiB });
  assert.equal((await store.head('size'))?.size, 20 * MiB);
});

s3('a failed overwrite leaves the old object', async (fixture) => {
  const { store } = fixture;
  await store.put('old', new Uint8Array([1, 2, 3]));
  async function* body(): AsyncGenerator<Uint8Array> {
    yield* generated(11 * MiB);
    throw new Error('boom');
  }
  await assert.rejects(store.put('old', body()), /boom/);
  assert.equal((await store.head('old'))?.size, 3);
});

s3('abort: promptly, with the reason, even while the body hangs, and nothing is left', async (fixture) => {
  const { store } = fixture;
  for (const before of [0, 12 * MiB]) {
    const controller = new AbortController();
    const reason = new Error('enough');
    let hanging: () => void = () => {};
    const hangs = new Promise<void>((resolve) => {
      hanging = resolve;
    });
    async function* body(): AsyncGenerator<Uint8Array> {
      yield* generated(before);
      hanging();
      await new Promise(() => {});
    }
    const put = store.put('aborted', body(), { signal: controller.signal });
    await hangs;
    setTimeout(() => controller.abort(reason), 20);
    await assert.rejects(put, (err) => err === reason);
    await assertNothingLeft(fixture, 'aborted');
  }
  for (const signal of [AbortSignal.abort('why'), AbortSignal.timeout(3)]) {
    await assert.rejects(
      store.put('aborted', generated(64 * MiB), { signal }),
      (err) => err === signal.reason,
    );
    await assertNothingLeft(fixture, 'aborted');
  }
});

s3('abort of a download reaches its body', async (fixture) => {
  const { store } = fixture;
  await store.put('download', generated(20 * MiB));
  const controller = new AbortController();
  const object = await store.get('download', { signal: controller.signal });
  const reader = object?.body.getReader();
  assert.equal((await reader?.read())?.done, false);
  const reason = new Error('enough');
  controller.abort(reason);
  await assert.rejects(
    async () => {
      while (!(await reader?.read())?.done);
    },
    (err) => err === reason,
  );
});

s3('bodies that nobody reads can be cancelled, and leave no connection behind', async (fixture) => {
  const { server, store, bucket } = fixture;
  const { endpoint, accessKeyId, secretAccessKey } = server;
  const credentials = { accessKeyId, secretAccessKey };
  // More than the 50 connections a client has: one lost each time, and the last would wait for ever.
  const client = createS3Client({ endpoint, credentials, attempts: 1 });
  const narrow = new S3Store({ client, bucket });
  await store.put('unread', generated(6 * MiB));
  const signal = AbortSignal.timeout(10_000);
  for (let i = 0; i < 60; i++) await (await narrow.get('unread', { signal }))?.body.cancel();
  assert.equal((await narrow.head('unread', { signal }))?.size, 6 * MiB);
  client.destroy();
});

s3('of eight that race with ifAbsent one stores', async (fixture) => {
  const { store } = fixture;
  const results = await Promise.all(
    Array.from({ length: 8 }, (_, i) => store.put('raced', new Uint8Array([i]), { ifAbsent: true })),
  );
  assert.deepEqual(results.map((r) => r.outcome).sort(), [...Array(7).fill('present'), 'stored']);
  const winner = results.findIndex((r) => r.outcome === 'stored');
  const object = await store.get('raced');
  assert.ok(object);
  assert.deepEqual([...(await bytesOf(object.body))], [winner]);
});

s3('ifAbsent with a large body looks first, and does not read the rest', async (fixture) => {
  const { store } = fixture;
  await store.put('there', new Uint8Array([1]));
  let read = 0;
  let closed = false;
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (; read < 40; read++) yield new Uint8Array(MiB);
    } finally {
      closed = true;
    }
  }
  assert.equal((await store.put('there', body(), { ifAbsent: true })).outcome, 'present');
  assert.ok(read <= 6 && closed, `read ${read} MiB`);
  assert.equal((await store.put('not-there', generated(11 * MiB), { ifAbsent: true })).outcome, 'stored');
  assert.equal(await pendingUploads(fixture), 0);
});

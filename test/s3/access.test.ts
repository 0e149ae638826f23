/** The conformance suite, listings, keys and rights against a real server. */
import assert from 'node:assert/strict';
import { isNarkitError } from '../../src/errors.ts';
import { createS3Client } from '../../src/s3/client.ts';
import { S3Store } from '../../src/s3/s3-store.ts';
import { describeStore } from '../../src/testing/describe-store.ts';
import { bytesOf, type Fixture, generated, MiB, s3 } from './setup.ts';

let current: Fixture;
let stores = 0;
describeStore({
  title: 'S3Store',
  test: (name, run) =>
    s3(name, async (fixture) => {
      current = fixture;
      await run();
    }),
  create: () => {
    const { client, bucket } = current;
    return new S3Store({ client, bucket, prefix: `conformance/${++stores}` });
  },
});

/** The same members, each once. */
function assertSame(actual: readonly string[], expected: readonly string[]): void {
  assert.equal(actual.length, expected.length);
  assert.deepEqual(new Set(actual), new Set(expected));
}

s3('listings of more than one page are whole, and keep to the prefix', async (fixture) => {
  const { store, client, bucket } = fixture;
  const below = new S3Store({ client, bucket, prefix: 'many/things' });
  const keys = Array.from({ length: 1003 }, (_, i) => `k/${String(i).padStart(4, '0')}`);
  let next = 0;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let key = keys[next++]; key !== undefined; key = keys[next++])
        await below.put(key, new Uint8Array(1));
    }),
  );
  await store.put('many/thingsnot', new Uint8Array(1));
  const seen: string[] = [];
  for await (const info of below.list()) {
    assert.equal(info.size, 1);
    assert.ok(info.etag && info.lastModified);
    seen.push(info.key);
  }
  assertSame(seen, keys);
  const some: string[] = [];
  for await (const { key } of below.list('k/100')) some.push(key);
  assertSame(some, ['k/1000', 'k/1001', 'k/1002']);
  for await (const _ of below.list()) break;
});

const ODD_KEYS = [
  'x+y',
  'a b',
  'k=v&w?q',
  '50%',
  '%2B%20',
  'é',
  'sha256:x!out.doi',
  '日本/語',
  '😀',
  "it's (1)*~",
  'a\u0001b',
  '#',
  '"<&>"',
  '@;,$',
];

s3('odd keys: put, head, get, list, delete', async (fixture) => {
  const { store } = fixture;
  for (const key of ODD_KEYS) await store.put(`odd/${key}`, new TextEncoder().encode(key));
  const listed: string[] = [];
  for await (const { key } of store.list('odd/')) listed.push(key.slice(4));
  assertSame(listed, ODD_KEYS);
  for (const key of ODD_KEYS) {
    const object = await store.get(`odd/${key}`);
    assert.ok(object, key);
    assert.equal(String(await bytesOf(object.body)), key);
    await store.delete(`odd/${key}`);
    assert.equal(await store.head(`odd/${key}`), undefined);
  }
});

s3('what is absent, missing, denied', async (fixture) => {
  const { store, client, bucket, server } = fixture;
  await store.put('here', new Uint8Array(1));
  assert.equal(await store.head('nope'), undefined);
  assert.equal(await store.get('nope'), undefined);
  await store.delete('nope');
  await assert.rejects(store.get('here', { range: { start: 1 } }), {
    code: 'ERR_STORE_FAILED',
    status: 416,
  });

  const elsewhere = new S3Store({ client, bucket: `${bucket}-not` });
  const secret = 'not-the-secret-0123456789';
  const credentials = { accessKeyId: server.accessKeyId, secretAccessKey: secret };
  const impostor = new S3Store({
    client: createS3Client({ endpoint: server.endpoint, credentials }),
    bucket,
  });
  const anonymous = new S3Store({
    client: createS3Client({ endpoint: server.endpoint, credentials: 'anonymous' }),
    bucket,
  });
  const expected: [S3Store, string][] = [
    [elsewhere, 'ERR_MISSING_CONTAINER'],
    [impostor, 'ERR_STORE_DENIED'],
    [anonymous, 'ERR_STORE_DENIED'],
  ];
  if (server.stranger) {
    const stranger = createS3Client({ endpoint: server.endpoint, credentials: server.stranger });
    expected.push([new S3Store({ client: stranger, bucket }), 'ERR_STORE_DENIED']);
  }
  for (const [other, code] of expected) {
    for (const call of [
      () => other.head('here'),
      () => other.get('here'),
      () => other.put('x', new Uint8Array(1)),
      () => other.put('x', generated(20 * MiB)),
      () => other.put('x', new Uint8Array(1), { ifAbsent: true }),
      () => other.delete('x'),
      () => bytesOf(names(other)),
    ]) {
      await assert.rejects(call, (err: Error) => {
        assert.ok(isNarkitError(err, 'ERR_MISSING_CONTAINER', 'ERR_STORE_DENIED'), String(err));
        assert.equal(err.code, code, String(call));
        assert.ok(!err.message.includes(secret) && err.message.includes(bucket), err.message);
        return true;
      });
    }
  }
  async function* names(other: S3Store): AsyncGenerator<Uint8Array> {
    for await (const { key } of other.list()) yield new TextEncoder().encode(key);
  }
});

s3('the storage class is sent', async (fixture) => {
  const { client, bucket } = fixture;
  const cold = new S3Store({ client, bucket, storageClass: 'STANDARD_IA', partSize: 5 * MiB });
  await cold.put('cold', new Uint8Array(3));
  await cold.put('cold-parts', generated(6 * MiB));
  const bogus = new S3Store({ client, bucket, storageClass: 'BOGUS' });
  await assert.rejects(bogus.put('bogus', new Uint8Array(3)), { code: 'ERR_STORE_FAILED', status: 400 });
});

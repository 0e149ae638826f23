/**
 * Small puts past the SDK's middleware. The client is real; only its last step, the network, is played.
 */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { createS3Client, OwnClient } from '../../src/s3/client.ts';
import { DIRECT } from '../../src/s3/direct-put.ts';
import { S3Store } from '../../src/s3/s3-store.ts';
import { s3 } from './setup.ts';

interface Sent {
  readonly method: string;
  readonly hostname: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly query: Record<string, string>;
  readonly body: Uint8Array;
}

const bytes = new Uint8Array([1, 2, 3]);

/** A store whose requests are answered 200, or by `status`. */
function played(config: S3ClientConfig = {}, status: (request: Sent) => number = () => 200) {
  const sent: Sent[] = [];
  const client = new OwnClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'ID', secretAccessKey: 'secret' },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    maxAttempts: 2,
    requestHandler: {
      handle: async (request: Sent) => {
        sent.push(request);
        const headers = { etag: '"e"' };
        return { response: { statusCode: status(request), headers, body: Readable.from([]) } };
      },
    } as unknown as NonNullable<S3ClientConfig['requestHandler']>,
    ...config,
  });
  return { client, sent, store: new S3Store({ client, bucket: 'bucket' }) };
}

/** The SDK says which operation it is. */
const bySdk = ({ query }: Sent): boolean => query['x-id'] === 'PutObject';

test('the second put goes directly, to the same place with the same fields', async () => {
  for (const config of [{}, { endpoint: 'http://127.0.0.1:9000', forcePathStyle: true }]) {
    const { store, sent } = played(config);
    const options = { contentType: 'text/x  y', cacheControl: 'no-store', ifAbsent: true };
    for (let i = 0; i < 2; i++)
      assert.deepEqual(await store.put("a b/ü+~!'()*.x", bytes, options), { outcome: 'stored', etag: '"e"' });
    const [first, second] = sent as [Sent, Sent];
    assert.deepEqual(sent.map(bySdk), [true, false]);
    for (const name of ['method', 'hostname', 'path', 'body'] as const)
      assert.deepEqual(second[name], first[name]);
    for (const name of [
      'host',
      'content-type',
      'content-length',
      'cache-control',
      'if-none-match',
      'user-agent',
    ])
      assert.equal(second.headers[name], first.headers[name], name);
    assert.match(
      second.headers['authorization'] ?? '',
      /Credential=ID\/\d{8}\/eu-central-1\/s3\/aws4_request/,
    );
    assert.equal(second.headers['x-amz-content-sha256']?.length, 64);
  }
});

test('what does not go well is left to the SDK, its retries and errors', async () => {
  const answers = [200, 503, 503, 200, 403, 403];
  const { store, sent } = played({}, () => answers.shift() ?? 500);
  await store.put('a', bytes);
  assert.equal((await store.put('b', bytes)).outcome, 'stored');
  assert.deepEqual(sent.map(bySdk), [true, false, true, true]);
  await assert.rejects(store.put('c', bytes), { code: 'ERR_STORE_DENIED' });
  assert.deepEqual(sent.slice(4).map(bySdk), [false, true]);
});

test('a connection that fails is left to the SDK; an aborted put is not', async () => {
  const controller = new AbortController();
  const { store, sent } = played({}, (request) => {
    if (bySdk(request)) return 200;
    if (request.path.endsWith('/c')) controller.abort(new Error('enough'));
    throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
  });
  await store.put('a', bytes);
  await store.put('b', bytes);
  assert.deepEqual(sent.map(bySdk), [true, false, true]);
  await assert.rejects(store.put('c', bytes, { signal: controller.signal }), /enough/);
  assert.deepEqual(sent.slice(3).map(bySdk), [false]);
});

test('large bodies and metadata go through the SDK', async () => {
  const { store, sent } = played();
  await store.put('a', bytes);
  await store.put('b', new Uint8Array(DIRECT + 1));
  await store.put('c', [bytes]);
  await store.put('d', bytes, { metadata: { x: 'y' } });
  await store.put('e', new Uint8Array(DIRECT));
  assert.deepEqual(sent.map(bySdk), [true, true, false, true, false]);
});

test('nothing is learned from a put that failed, or has a checksum', async () => {
  const failing = played({ maxAttempts: 1 }, () => 403);
  for (const key of ['a', 'b'])
    await assert.rejects(failing.store.put(key, bytes), { code: 'ERR_STORE_DENIED' });
  assert.deepEqual(failing.sent.map(bySdk), [true, true]);
  const checked = played({ requestChecksumCalculation: 'WHEN_SUPPORTED' });
  for (const key of ['a', 'b']) await checked.store.put(key, bytes);
  assert.deepEqual(checked.sent.map(bySdk), [true, true]);
});

test('middleware of others is never passed by', async () => {
  const { client, sent } = played();
  client.middlewareStack.add((next) => (args) => next(args), { step: 'build', name: 'theirs' });
  const store = new S3Store({ client, bucket: 'bucket' });
  for (const key of ['a', 'b']) await store.put(key, bytes);
  assert.deepEqual(sent.map(bySdk), [true, true]);
});

test('only clients that are tried again are of the quick kind', () => {
  assert.ok(createS3Client() instanceof OwnClient);
  assert.ok(!(createS3Client({ attempts: 1 }) instanceof OwnClient));
  assert.ok(!(createS3Client({ checksums: 'supported' }) instanceof OwnClient));
});

test('requests that the client does not sign are not signed', async () => {
  const { store, sent } = played({ signer: { sign: async (request) => request } });
  for (const key of ['a', 'b']) await store.put(key, bytes);
  assert.deepEqual(sent.map(bySdk), [true, false]);
  assert.equal(sent[1]?.headers['authorization'], undefined);
});

s3('a real server takes what is put directly, and keeps its condition', async ({ store, server, bucket }) => {
  const { endpoint, accessKeyId, secretAccessKey } = server;
  const client = createS3Client({ endpoint, credentials: { accessKeyId, secretAccessKey } });
  const direct = new S3Store({ client, bucket });
  // After the store was made, which looks for such.
  let bySdk = 0;
  client.middlewareStack.add(
    (next) => (args) => {
      bySdk++;
      return next(args);
    },
    { step: 'initialize', name: 'count' },
  );
  const options = { contentType: 'text/x-nix-narinfo', size: 3, ifAbsent: true };
  for (const key of ['direct/a', 'direct/ü b+c', "direct/!'()*"])
    assert.equal((await direct.put(key, bytes, options)).outcome, 'stored');
  assert.equal(bySdk, 1);
  for (const key of ['direct/ü b+c', "direct/!'()*"]) {
    const object = await store.get(key);
    assert.equal(object?.contentType, 'text/x-nix-narinfo');
    assert.deepEqual(new Uint8Array(await new Response(object?.body).arrayBuffer()), bytes);
    assert.equal((await direct.put(key, new Uint8Array(), { ifAbsent: true })).outcome, 'present');
  }
});

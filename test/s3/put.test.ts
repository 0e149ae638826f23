/**
 * Answers that the real servers of the other tests do not give: 409, 501, lost uploads. The client is
 * real; only its last step, the network, is played.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { S3Client } from '@aws-sdk/client-s3';
import { isNarkitError } from '../../src/errors.ts';
import { S3Store } from '../../src/s3/s3-store.ts';

type Command = { input: Record<string, unknown> };
type Answer = (input: Record<string, unknown>, signal?: AbortSignal) => unknown;

const MiB = 2 ** 20;

/** A client whose commands are answered by name; the last answer of a list stays. Returns the names sent, too. */
function played(answers: Record<string, Answer[]>): { store: S3Store; sent: string[] } {
  const sent: string[] = [];
  const send = async (command: Command, options?: { abortSignal?: AbortSignal }): Promise<unknown> => {
    const name = command.constructor.name.replace('Command', '');
    sent.push(command.input.IfNoneMatch === '*' ? `${name}?` : name);
    const list = answers[name];
    const answer = list !== undefined && list.length > 1 ? list.shift() : list?.[0];
    assert.ok(answer, `unexpected ${name}`);
    return answer(command.input, options?.abortSignal);
  };
  return {
    store: new S3Store({ client: { send } as unknown as S3Client, bucket: 'b', partSize: 5 * MiB }),
    sent,
  };
}

function fails(name: string, status: number): Answer {
  return () => {
    throw Object.assign(new Error('UnknownError'), { name, $metadata: { httpStatusCode: status } });
  };
}
const absent = fails('NotFound', 404);
const stored: Answer = () => ({ ETag: '"e"' });
const small = new Uint8Array(3);
const large = new Uint8Array(12 * MiB);
const multipart = {
  HeadBucket: [() => ({})],
  HeadObject: [absent],
  CreateMultipartUpload: [() => ({ UploadId: 'u' })],
  UploadPart: [stored],
  AbortMultipartUpload: [() => ({})],
};

test('409 while another writer is busy: tried again until the answer is clear', async () => {
  const { store, sent } = played({
    HeadBucket: [() => ({})],
    HeadObject: [absent],
    PutObject: [fails('ConditionalRequestConflict', 409), stored],
  });
  assert.deepEqual(await store.put('k', small, { ifAbsent: true }), { outcome: 'stored', etag: '"e"' });
  assert.deepEqual(sent, ['PutObject?', 'HeadObject', 'HeadBucket', 'PutObject?']);
});

test('409, and the other writer has won: present', async () => {
  const { store } = played({
    HeadObject: [() => ({ ETag: '"other"' })],
    PutObject: [fails('ConditionalRequestConflict', 409)],
  });
  assert.deepEqual(await store.put('k', small, { ifAbsent: true }), { outcome: 'present', etag: '"other"' });
});

test('409 for ever: unavailable, retryable', async () => {
  const { store } = played({ ...multipart, PutObject: [fails('ConditionalRequestConflict', 409)] });
  await assert.rejects(store.put('k', small, { ifAbsent: true }), (err: Error) => {
    assert.ok(isNarkitError(err, 'ERR_STORE_UNAVAILABLE'));
    return 'status' in err && err.status === 409;
  });
});

test('409 with another meaning is a failure', async () => {
  const { store } = played({ PutObject: [fails('InvalidBucketState', 409)] });
  await assert.rejects(store.put('k', small, { ifAbsent: true }), { code: 'ERR_STORE_FAILED' });
});

test('501: looks first from then on, and says so', async () => {
  const { store, sent } = played({
    HeadBucket: [() => ({})],
    HeadObject: [absent],
    PutObject: [fails('NotImplemented', 501), stored],
  });
  const first = await store.put('k', small, { ifAbsent: true });
  assert.deepEqual(first, { outcome: 'stored', etag: '"e"', conditional: false });
  const second = await store.put('k2', small, { ifAbsent: true });
  assert.deepEqual(second, first);
  assert.deepEqual(sent, ['PutObject?', 'HeadObject', 'HeadBucket', 'PutObject', 'HeadObject', 'PutObject']);
});

test('501, and the key is there: present, not atomic', async () => {
  const { store, sent } = played({
    HeadObject: [() => ({ ETag: '"there"' })],
    PutObject: [fails('NotImplemented', 501)],
  });
  const result = await store.put('k', small, { ifAbsent: true });
  assert.deepEqual(result, { outcome: 'present', etag: '"there"', conditional: false });
  assert.deepEqual(sent, ['PutObject?', 'HeadObject']);
});

test('501 without a condition is the failure it is', async () => {
  const { store } = played({ PutObject: [fails('NotImplemented', 501)] });
  await assert.rejects(store.put('k', small), { code: 'ERR_STORE_FAILED', status: 501 });
});

test('412 when parts are put together: present, and the upload is removed', async () => {
  const { store, sent } = played({
    ...multipart,
    HeadObject: [absent, () => ({ ETag: '"won"' })],
    CompleteMultipartUpload: [fails('PreconditionFailed', 412)],
  });
  assert.deepEqual(await store.put('k', large, { ifAbsent: true }), { outcome: 'present', etag: '"won"' });
  assert.deepEqual(sent.slice(-3), ['CompleteMultipartUpload?', 'AbortMultipartUpload', 'HeadObject']);
});

test('501 when parts are put together: done without the condition, the parts are not lost', async () => {
  const { store, sent } = played({
    ...multipart,
    CompleteMultipartUpload: [fails('NotImplemented', 501), stored],
  });
  const result = await store.put('k', large, { ifAbsent: true });
  assert.deepEqual(result, { outcome: 'stored', etag: '"e"', conditional: false });
  assert.equal(sent.filter((name) => name === 'UploadPart').length, 3);
  assert.ok(!sent.includes('AbortMultipartUpload'));
});

test('409 when parts are put together and nobody has won: unavailable, and the upload is removed', async () => {
  const { store, sent } = played({
    ...multipart,
    CompleteMultipartUpload: [fails('ConditionalRequestConflict', 409)],
  });
  await assert.rejects(store.put('k', large, { ifAbsent: true }), { code: 'ERR_STORE_UNAVAILABLE' });
  assert.ok(sent.includes('AbortMultipartUpload'));
});

test('an upload that is gone when it is completed: retryable', async () => {
  const { store } = played({ ...multipart, CompleteMultipartUpload: [fails('NoSuchUpload', 404)] });
  await assert.rejects(store.put('k', large), { code: 'ERR_STORE_UNAVAILABLE', retryable: true });
});

test('a failing part ends the reading of the body, and the upload is removed after the other parts', async () => {
  let read = 0;
  let closed = false;
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (; read < 1000; read++) yield new Uint8Array(MiB);
    } finally {
      closed = true;
    }
  }
  const order: string[] = [];
  const { store } = played({
    ...multipart,
    UploadPart: [
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        order.push('slow part');
        return { ETag: '"e"' };
      },
      fails('InternalError', 500),
    ],
    AbortMultipartUpload: [() => order.push('removed')],
  });
  await assert.rejects(store.put('k', body()), { code: 'ERR_STORE_UNAVAILABLE', status: 500 });
  assert.ok(read < 30, `read ${read} MiB`);
  assert.ok(closed);
  assert.deepEqual(order, ['slow part', 'removed']);
});

test('the error of the body wins over a failing removal', async () => {
  const boom = new Error('boom');
  async function* body(): AsyncGenerator<Uint8Array> {
    yield large;
    throw boom;
  }
  const { store } = played({ ...multipart, AbortMultipartUpload: [fails('InternalError', 500)] });
  await assert.rejects(store.put('k', body()), (err) => err === boom);
});

test('aborted while the upload is begun: it is removed as soon as its id is known', async () => {
  const controller = new AbortController();
  const { store, sent } = played({
    ...multipart,
    CreateMultipartUpload: [
      async (_input, signal) => {
        controller.abort(new Error('enough'));
        await new Promise((resolve) => setTimeout(resolve, 20));
        signal?.throwIfAborted();
        return { UploadId: 'u' };
      },
    ],
  });
  await assert.rejects(store.put('k', large, { signal: controller.signal }), /enough/);
  assert.deepEqual(sent, ['CreateMultipartUpload', 'AbortMultipartUpload']);
});

test('no more parts in flight than allowed, and each keeps its bytes until it is sent', async () => {
  let now = 0;
  let most = 0;
  const { store } = played({
    ...multipart,
    CompleteMultipartUpload: [stored],
    UploadPart: [
      async ({ PartNumber, Body }) => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setTimeout(resolve, 5 + ((7 * Number(PartNumber)) % 11)));
        assert.ok((Body as Uint8Array).every((byte) => byte === PartNumber));
        now--;
        return { ETag: '"e"' };
      },
    ],
  });
  await store.put(
    'k',
    Array.from({ length: 12 }, (_, i) => new Uint8Array(5 * MiB).fill(i + 1)),
  );
  assert.equal(most, 4);
});

test('a 404 of HEAD for a bucket that may not be looked at is still only a missing key', async () => {
  const { store, sent } = played({ HeadObject: [absent], HeadBucket: [fails('Unknown', 403)] });
  assert.equal(await store.head('k'), undefined);
  assert.equal(await store.head('k'), undefined);
  assert.deepEqual(sent, ['HeadObject', 'HeadBucket', 'HeadObject']);
});

test('a 404 of HEAD with a server that breaks down then is not "absent"', async () => {
  const { store } = played({ HeadObject: [absent], HeadBucket: [fails('InternalError', 500)] });
  await assert.rejects(store.head('k'), { code: 'ERR_STORE_UNAVAILABLE' });
});

test('listed keys are asked for and read as percent-encoded, where the server does that', async () => {
  const keys = ['a+b%2Bc%20d%01', 'folder/', '100%25'];
  const contents = keys.map((Key) => ({ Key, Size: 1 }));
  for (const [EncodingType, expected] of [
    ['url', ['a b+c d\u0001', '100%']],
    [undefined, ['a+b%2Bc%20d%01', '100%25']],
  ] as const) {
    const { store } = played({
      ListObjectsV2: [
        (input) => {
          assert.equal(input.EncodingType, 'url');
          return { EncodingType, Contents: contents };
        },
      ],
    });
    const seen: string[] = [];
    for await (const { key } of store.list()) seen.push(key);
    assert.deepEqual(seen, expected);
  }
});

test('options out of bounds and misspelt ones are refused', async () => {
  const client = {} as S3Client;
  for (const partSize of [0, 5 * MiB - 1, 5 * 2 ** 30 + 1, 6 * MiB + 0.5, Number.NaN]) {
    assert.throws(() => new S3Store({ client, bucket: 'b', partSize }), RangeError);
  }
  assert.throws(() => new S3Store({ client, bucket: 'b', concurrency: 0 }), RangeError);
  assert.throws(() => new S3Store({ client, bucket: '' }), RangeError);
  assert.throws(() => new S3Store({ client, bucket: 'b', prefix: '../x' }), { code: 'ERR_STORE_KEY' });
  assert.throws(() => new S3Store({ client, bucket: 'b', partsize: 1 } as never), /partSize/);
  await assert.rejects(played({}).store.put('k', small, { ifabsent: true } as never), /ifAbsent/);
  await assert.rejects(played({}).store.get('k', { range: { start: 5, end: 2 } }), RangeError);
});

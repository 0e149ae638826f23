/** Answers that break off, stall, or are never given. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { guardBody } from '../../src/s3/body.ts';
import { createS3Client } from '../../src/s3/client.ts';
import { S3Store } from '../../src/s3/s3-store.ts';

/** A server that sends `sent` of `promised` bytes and then does `ending`. */
async function brokenServer(promised: number, sent: number, ending: 'destroy' | 'hang') {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': promised, etag: '"x"' });
    response.write(new Uint8Array(sent), () => {
      if (ending === 'destroy') setTimeout(() => response.destroy(), 20);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

for (const ending of ['destroy', 'hang'] as const) {
  test(`a body that ${ending === 'hang' ? 'stalls' : 'breaks off'} is an error, not a short object`, async (t) => {
    const server = await brokenServer(100_000, 50_000, ending);
    t.after(server.stop);
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const store = new S3Store({
      client: createS3Client({ endpoint: server.endpoint, credentials, attempts: 1, idleTimeoutMs: 300 }),
      bucket: 'bucket',
    });
    const object = await store.get('k');
    assert.equal(object?.size, 100_000);
    let received = 0;
    await assert.rejects(
      async () => {
        for await (const chunk of object?.body ?? []) received += chunk.length;
      },
      { code: 'ERR_STORE_UNAVAILABLE', retryable: true, operation: 'get' },
    );
    assert.ok(received <= 50_000);
  });
}

test('nobody listens: unavailable', async () => {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const { endpoint, stop } = await brokenServer(1, 1, 'hang');
  stop();
  const store = new S3Store({
    client: createS3Client({ endpoint, credentials, attempts: 2 }),
    bucket: 'bucket',
  });
  await assert.rejects(store.head('k'), { code: 'ERR_STORE_UNAVAILABLE' });
});

/** A guarded stream over one that yields `chunks`, then ends (hangs, if no length is given), and notes that it was cancelled. */
function guarded(chunks: number[][], length: number | undefined, signal?: AbortSignal) {
  const cancelled: unknown[] = [];
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk !== undefined) controller.enqueue(Uint8Array.from(chunk));
        else if (length !== undefined) controller.close();
      },
      cancel: (reason) => void cancelled.push(reason),
    },
    { highWaterMark: 0 },
  );
  const options = { length, subject: 's3://b/k', key: 'k', signal, toError: (err: unknown) => err };
  return { stream: guardBody(body, options), cancelled };
}

test('fewer or more bytes than promised are an error even when the HTTP client sees none', async () => {
  assert.deepEqual(
    [...new Uint8Array(await new Response(guarded([[1], [], [2, 3]], 3).stream).arrayBuffer())],
    [1, 2, 3],
  );
  for (const length of [2, 4]) {
    await assert.rejects(new Response(guarded([[1, 2, 3]], length).stream).arrayBuffer(), {
      code: 'ERR_STORE_UNAVAILABLE',
    });
  }
});

test('cancel and abort reach the connection, read from or not', async () => {
  for (const reads of [0, 1]) {
    const { stream, cancelled } = guarded([[1], [2]], 2);
    const reader = stream.getReader();
    for (let i = 0; i < reads; i++) await reader.read();
    await reader.cancel('done');
    assert.deepEqual(cancelled, ['done']);

    const controller = new AbortController();
    const aborted = guarded([[1]], undefined, controller.signal);
    const other = aborted.stream.getReader();
    for (let i = 0; i < reads; i++) await other.read();
    const pending = assert.rejects(
      other.read().then(() => other.read()),
      (err) => err === 'enough',
    );
    controller.abort('enough');
    await pending;
    assert.deepEqual(aborted.cancelled, ['enough']);
  }
});

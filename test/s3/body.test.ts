/** Answers that break off, stall, or are never given. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
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

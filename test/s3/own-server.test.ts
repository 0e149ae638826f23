/** What only a server of our own can show: overload, a hanging disk, virtual hosts. */
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import type { LookupFunction } from 'node:net';
import { after, before, test } from 'node:test';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { isNarkitError } from '../../src/errors.ts';
import { createS3Client } from '../../src/s3/client.ts';
import { S3Store } from '../../src/s3/s3-store.ts';
import { type Ceph, startCeph } from '../services/ceph.ts';
import { need } from '../support/require.ts';

let ceph: Ceph | undefined;
before(async () => {
  ceph = await startCeph({ own: true, maxConcurrent: 4 });
  if (ceph) await client().send(new CreateBucketCommand({ Bucket: 'faults' }));
});
after(() => ceph?.stop());

function client(options: { attempts?: number; idleTimeoutMs?: number } = {}): S3Client {
  assert.ok(ceph);
  const { endpoint, accessKeyId, secretAccessKey } = ceph;
  return createS3Client({ endpoint, credentials: { accessKeyId, secretAccessKey }, ...options });
}

test('an overloaded server (real 503 SlowDown): unavailable at once, survived by retries', async (t) => {
  if (!need(t, 's3', ceph !== undefined, 'Ceph')) return;
  const put = (store: S3Store) =>
    Promise.allSettled(Array.from({ length: 40 }, (_, i) => store.put(`slow/${i}`, new Uint8Array(100))));
  const impatient = await put(new S3Store({ client: client({ attempts: 1 }), bucket: 'faults' }));
  const refused = impatient.filter((result) => result.status === 'rejected');
  assert.ok(refused.length > 0, 'the server was to refuse some');
  for (const { reason } of refused) {
    assert.ok(isNarkitError(reason, 'ERR_STORE_UNAVAILABLE'), String(reason));
    assert.match(reason.message, /503 SlowDown/);
  }
  const patient = await put(new S3Store({ client: client({ attempts: 20 }), bucket: 'faults' }));
  assert.deepEqual(
    patient.filter((result) => result.status === 'rejected'),
    [],
  );
});

test('a server that hangs: unavailable after the timeout, or aborted before', async (t) => {
  if (!need(t, 's3', ceph !== undefined, 'Ceph')) return;
  const store = new S3Store({ client: client({ attempts: 1, idleTimeoutMs: 400 }), bucket: 'faults' });
  const patient = new S3Store({ client: client(), bucket: 'faults' });
  await store.put('here', new Uint8Array(100));
  await ceph?.signalDisk('SIGSTOP');
  try {
    const started = performance.now();
    await assert.rejects(store.get('here'), { code: 'ERR_STORE_UNAVAILABLE', retryable: true });
    await assert.rejects(store.put('x', new Uint8Array(10)), { code: 'ERR_STORE_UNAVAILABLE' });
    const signal = AbortSignal.timeout(100);
    await assert.rejects(patient.get('here', { signal }), (err) => err === signal.reason);
    const later = AbortSignal.timeout(100);
    await assert.rejects(
      patient.put('x', new Uint8Array(10), { signal: later }),
      (err) => err === later.reason,
    );
    assert.ok(performance.now() - started < 5000);
  } finally {
    await ceph?.signalDisk('SIGCONT');
  }
  // The requests that hung occupy the server a little longer: it may answer 503 at first.
  const again = new S3Store({ client: client({ attempts: 20 }), bucket: 'faults' });
  assert.equal((await again.head('here'))?.size, 100);
});

test('virtual-host style, with a client of the caller', async (t) => {
  if (!need(t, 's3', ceph !== undefined, 'Ceph')) return;
  assert.ok(ceph);
  const hosts = new Set<string>();
  const lookup: LookupFunction = (host, options, done) => {
    hosts.add(host);
    if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }]);
    else done(null, '127.0.0.1', 4);
  };
  // The SDK's defaults, too: checksums of every kind.
  const client = new S3Client({
    region: 'us-east-1',
    endpoint: `http://s3.localhost:${new URL(ceph.endpoint).port}`,
    credentials: ceph,
    requestHandler: { httpAgent: new Agent({ lookup }) },
  });
  t.after(() => client.destroy());
  await client.send(new CreateBucketCommand({ Bucket: 'virtual' }));
  const store = new S3Store({ client, bucket: 'virtual', partSize: 5 * 2 ** 20 });
  await store.put('a+b c', new Uint8Array([1, 2, 3]));
  await store.put('parts', [new Uint8Array(11 * 2 ** 20)]);
  assert.equal((await store.head('a+b c'))?.size, 3);
  const object = await store.get('parts');
  assert.equal((await new Response(object?.body).arrayBuffer()).byteLength, 11 * 2 ** 20);
  assert.deepEqual([...hosts], ['virtual.s3.localhost']);
});

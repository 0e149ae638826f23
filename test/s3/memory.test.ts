import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CreateBucketCommand, DeleteBucketCommand } from '@aws-sdk/client-s3';
import { createS3Client } from '../../src/s3/client.ts';
import { S3Store } from '../../src/s3/s3-store.ts';
import { startCeph } from '../services/ceph.ts';
import { need } from '../support/require.ts';

test('putting 1 GiB of unknown length takes less than 200 MiB', { timeout: 120_000 }, async (t) => {
  const ceph = await startCeph();
  if (!need(t, 's3', ceph !== undefined, 'an S3 server')) return;
  assert.ok(ceph);
  t.after(() => ceph.stop());
  const { endpoint, accessKeyId, secretAccessKey } = ceph;
  const client = createS3Client({ endpoint, credentials: { accessKeyId, secretAccessKey } });
  t.after(() => client.destroy());
  const bucket = `narkit-memory-${process.pid}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const script = fileURLToPath(new URL('put-large.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...process.execArgv.filter((arg) => !arg.startsWith('--test')), script, endpoint, bucket, '1024'],
    { env: { ...process.env, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } },
  );
  const store = new S3Store({ client, bucket });
  assert.equal((await store.head('large'))?.size, 2 ** 30);
  await store.delete('large');
  await store.delete('warm-up');
  await client.send(new DeleteBucketCommand({ Bucket: bucket }));
  t.diagnostic(`peak above the baseline: ${stdout.trim()} MiB`);
  assert.ok(Number(stdout) > 10 && Number(stdout) < 200, `${stdout.trim()} MiB`);
});

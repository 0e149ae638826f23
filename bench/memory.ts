/**
 * How much memory does it take to publish 4 GiB to S3?
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { truncate } from 'node:fs/promises';
import { promisify } from 'node:util';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { createS3Client } from 'narkit/s3';
import { startCeph } from '../test/services/ceph.ts';
import { ourProgram, type Row } from './compare.ts';
import { makeFile } from './fixtures.ts';

const TARGET_MB = 300;

/** `undefined` where there is no S3 server to publish to. */
export async function benchMemory(dir: string): Promise<Row | undefined> {
  const ceph = await startCeph();
  if (ceph === undefined) return undefined;
  try {
    const { endpoint, accessKeyId, secretAccessKey } = ceph;
    const client = createS3Client({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId, secretAccessKey },
    });
    const bucket = `bench-${randomUUID()}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    client.destroy();

    // 1 GiB of data, the rest a hole: the server of the test keeps what it gets in memory.
    const file = await makeFile(dir, 1024 ** 3);
    await truncate(file, 4 * 1024 ** 3);
    const url = `s3://${bucket}?region=us-east-1&endpoint=${encodeURIComponent(endpoint)}&compression=zstd`;
    const [program, ...args] = ourProgram('publish-file', file, url) as [string, ...string[]];
    const env = { ...process.env, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const { stdout } = await promisify(execFile)(program, args, { env });
    const peak = Number(stdout) / 1024;
    return {
      work: 'publish a path of 4 GiB to S3, zstd',
      ours: `${peak.toFixed(0)} MB at most`,
      peer: '',
      target: `<= ${TARGET_MB} MB`,
      figure: `${peak.toFixed(0)} MB`,
      reached: peak <= TARGET_MB,
    };
  } finally {
    await ceph.stop();
  }
}

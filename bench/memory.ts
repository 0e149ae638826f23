/**
 * How much memory does a large path take?
 */
import { randomUUID } from 'node:crypto';
import { truncate } from 'node:fs/promises';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { createS3Client } from 'narkit/s3';
import type { Bench } from './bench.ts';
import { ourProgram, time } from './compare.ts';
import { makeFile } from './fixtures.ts';
import type { Line } from './row.ts';

const GIB = 1024 ** 3;
const TARGET_MB = 250;

/** Row 13: publishing and fetching 1 and 8 GiB, of which 1 GiB is data and the rest a hole. */
export async function benchMemory(bench: Bench): Promise<Line[]> {
  const lines: Line[] = [];
  const file = await makeFile(bench.dir, bench.scaled(GIB));
  const cache = `file://${bench.place('large')}`;
  const s3 = await s3Place(bench);
  if (s3 === undefined) {
    lines.push({ row: '13', work: 'publish 8 GiB to S3', missing: 'Ceph RGW is not installed' });
  }
  for (const gib of [1, 8]) {
    await truncate(file, bench.scaled(gib * GIB));
    const measure = async (
      what: string,
      argv: readonly string[],
      env: NodeJS.ProcessEnv = {},
    ): Promise<string> => {
      const { stdout, seconds } = await time({ name: what, argv, env: { ...process.env, ...env } });
      const [kilobytes, result = ''] = stdout.trim().split(' ');
      const peak = Number(kilobytes) / 1024;
      lines.push({
        row: '13',
        work: `${what}, ${gib} GiB, zstd`,
        ours: `${seconds.toFixed(1)} s`,
        peer: '',
        figure: `${peak.toFixed(0)} MB`,
        target: `<= ${TARGET_MB} MB`,
        reached: peak <= TARGET_MB,
      });
      return result;
    };
    const path = await measure(
      'publish to file://',
      ourProgram('publish-file', file, `${cache}?compression=zstd`),
    );
    const restored = bench.place('large-restored');
    await measure('fetch and restore', ourProgram('fetch', cache, path, restored));
    await bench.remove(restored);
    await bench.remove(bench.place('large'));
    if (s3 !== undefined) await measure('publish to S3', ourProgram('publish-file', file, s3.url), s3.env);
  }
  await bench.remove(file);
  return lines;
}

async function s3Place(bench: Bench): Promise<{ url: string; env: NodeJS.ProcessEnv } | undefined> {
  const ceph = await bench.ceph();
  if (ceph === undefined) return undefined;
  const { endpoint, accessKeyId, secretAccessKey } = ceph;
  const client = createS3Client({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
  });
  const bucket = `bench-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return {
    url: `s3://${bucket}?region=us-east-1&endpoint=${encodeURIComponent(endpoint)}&compression=zstd`,
    env: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
  };
}

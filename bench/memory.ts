/**
 * How much memory does a large path take?
 */
import { truncate } from 'node:fs/promises';
import type { Bench } from './bench.ts';
import { ourProgram, time } from './compare.ts';
import { makeFile } from './fixtures.ts';
import type { Line } from './row.ts';
import { S3Buckets } from './s3-buckets.ts';

const GIB = 1024 ** 3;
const TARGET_MB = 250;

/** Row 13: publishing and fetching 1 and 8 GiB, of which 1 GiB is data and the rest a hole. */
export async function benchMemory(bench: Bench): Promise<Line[]> {
  const lines: Line[] = [];
  const file = await makeFile(bench.dir, bench.scaled(GIB));
  const cache = `file://${bench.place('large')}`;
  const s3 = await S3Buckets.open(bench);
  const bucket = await s3?.make();
  if (s3 === undefined || bucket === undefined) {
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
    if (s3 !== undefined && bucket !== undefined) {
      await measure('publish to S3', ourProgram('publish-file', file, s3.url(bucket, 'zstd')), s3.env);
    }
  }
  await bench.remove(file);
  return lines;
}

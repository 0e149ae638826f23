/**
 * Disk to NAR to SHA-256: how long does it take to know the hash of a path?
 */
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { compare, ourProgram } from './compare.ts';
import { makeFile } from './fixtures.ts';
import type { Line } from './row.ts';

/** Rows 1 and 2. */
export async function benchHash(bench: Bench): Promise<Line[]> {
  const tree = bench.tree();
  const ours = { name: 'narkit', argv: ourProgram('hash', tree) };
  const peers = bench.nixes.map(({ version, binDir }) => ({
    command: {
      name: `nix ${version} hash path`,
      argv: [join(binDir, 'nix'), '--extra-experimental-features', 'nix-command', 'hash', 'path', tree],
    },
    target: 0.85,
  }));
  const { many: runs } = bench.runs;
  const rows: Line[] = await compare('1', 'dump and hash a tree of 60,000 files', ours, peers, { runs });

  const file = await makeFile(bench.dir, bench.scaled(2 * 1024 ** 3));
  const plain = { name: 'node:crypto', argv: ourProgram('sha256', file) };
  rows.push(
    ...(await compare(
      '2',
      'dump and hash a file of 2 GiB',
      { name: 'narkit', argv: ourProgram('hash', file) },
      [{ command: plain, target: 1.1 }],
      { runs },
    )),
  );
  await bench.remove(file);
  return rows;
}

/**
 * Is publishing to `file://` as fast as `nix copy`?
 */
import { join } from 'node:path';
import type { NixInstallation } from '../test/support/nix.ts';
import type { Bench } from './bench.ts';
import type { ChrootStore } from './chroot-store.ts';
import { type Command, compare, ourProgram, type Peer } from './compare.ts';
import { makeTree } from './fixtures.ts';
import type { Line } from './row.ts';

/** Rows 4 and 6: the tree; row 5: 200 MB. */
export async function benchPublish(bench: Bench): Promise<Line[]> {
  const { newest } = bench;
  if (newest === undefined) return [];
  const { store, path } = await bench.world(newest);
  const { few: runs } = bench.runs;
  const ours = (compression: string, what = path) => publishing(bench, store, what, compression);
  const theirs = (parameters: string, target: number, what = path): Peer => ({
    command: copying(bench, newest, store, what, parameters),
    target,
  });
  const lines: Line[] = await compare(
    '4',
    'publish that tree to file://, zstd',
    ours('zstd&compression-level=3'),
    [theirs('compression=zstd', 0.55), theirs('compression=zstd&parallel-compression=true', 1)],
    { runs },
  );
  lines.push(
    ...(await compare('6', 'publish that tree, none', ours('none'), [theirs('compression=none', 0.7)], {
      runs,
    })),
  );
  // Minutes each: one round, and nothing that a warm-up would change.
  const small = await store.add(newest, makeTree(bench.dir, bench.scaled(16_000)));
  const once = { runs: 1, warmUp: false };
  lines.push(
    ...(await compare(
      '5',
      'publish 200 MB, xz',
      ours('xz', small),
      [theirs('compression=xz', 0.55, small)],
      once,
    )),
  );
  return lines;
}

/** Our program, with the closure asked of the database and the NAR made from disk. */
export function publishing(bench: Bench, store: ChrootStore, path: string, compression: string): Command {
  const cache = bench.place('published');
  return {
    name: 'narkit',
    argv: ourProgram('publish', store.dir, path, `file://${cache}?compression=${compression}`),
    env: { ...store.env, PATH: `${bench.newest?.binDir}:${process.env['PATH']}` },
    prepare: () => bench.remove(cache),
  };
}

function copying(
  bench: Bench,
  nix: NixInstallation,
  store: ChrootStore,
  path: string,
  parameters: string,
): Command {
  const cache = bench.place('published-by-nix');
  const to = `file://${cache}?${parameters}`;
  return {
    name: `nix ${nix.version} copy, ${parameters.replaceAll('&', ', ')}`,
    argv: [join(nix.binDir, 'nix'), 'copy', '--from', store.url, '--to', to, '--no-check-sigs', path],
    env: store.env,
    prepare: () => bench.remove(cache),
  };
}

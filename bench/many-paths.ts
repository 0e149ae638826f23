/**
 * Many small paths: what does a path cost?
 */
import { join } from 'node:path';
import type { NixInstallation } from '../test/support/nix.ts';
import type { Bench } from './bench.ts';
import { ChrootStore } from './chroot-store.ts';
import { type Command, compare, ourProgram, type Peer, time } from './compare.ts';
import type { Line } from './row.ts';
import { S3Buckets } from './s3-buckets.ts';

/** A place to publish to, for both. */
interface Target {
  readonly where: string;
  readonly ours: string;
  readonly theirs: string;
  readonly env: NodeJS.ProcessEnv;
  /** Empties it. */
  readonly clear: () => Promise<void>;
}

/** Rows 11 and 12. */
export async function benchManyPaths(bench: Bench): Promise<Line[]> {
  const { newest: nix } = bench;
  if (nix === undefined) return [];
  const store = new ChrootStore(bench.place('many'));
  const roots = [bench.scaled(1000), bench.scaled(10_000)];
  const [some, all] = [
    await store.addMany(nix, roots[0] as number),
    await store.addMany(nix, roots[1] as number),
  ];
  const lines: Line[] = [];
  for (const make of [fileTarget, s3Target]) {
    const target = await make(bench);
    if (target === undefined) {
      lines.push({ row: '11', work: 'publish 10,000 paths to S3', missing: 'Ceph RGW is not installed' });
      continue;
    }
    const round = { runs: target.where === 'S3' ? 1 : bench.runs.few, warmUp: target.where !== 'S3' };
    const fresh = (command: Command): Command => ({ ...command, prepare: target.clear });
    const ours = publishing(nix, store, target, all);
    const theirs = copying(nix, store, target, all);
    const work = `publish 10,000 paths to ${target.where}, none`;
    lines.push(...(await compare('11', work, fresh(ours), [{ command: fresh(theirs), target: 0.3 }], round)));

    // What a path costs does not grow with their number.
    const [few, many] = [
      await time(fresh(publishing(nix, store, target, some))),
      await time(fresh(publishing(nix, store, target, all))),
    ];
    const ratio = many.seconds / (roots[1] as number) / (few.seconds / (roots[0] as number));
    lines.push({
      row: '11',
      work: `a path of 10,000 to ${target.where}, against a path of 1,000`,
      ours: `${((many.seconds / (roots[1] as number)) * 1000).toFixed(2)} ms`,
      peer: `${((few.seconds / (roots[0] as number)) * 1000).toFixed(2)} ms, narkit`,
      figure: ratio.toFixed(2),
      target: '<= 1.20',
      reached: ratio <= 1.2,
    });
    // The last publication left everything there.
    const again = `${target.where}: all 10,000 paths are there`;
    const peer: Peer = { command: theirs, target: 0.2 };
    lines.push(...(await compare('12', again, ours, [peer], { runs: bench.runs.few })));
    await target.clear();
  }
  return lines;
}

function publishing(nix: NixInstallation, store: ChrootStore, target: Target, path: string): Command {
  const env = { ...store.env, ...target.env, PATH: `${nix.binDir}:${process.env['PATH']}` };
  return { name: 'narkit', argv: () => ourProgram('publish', store.dir, path, target.ours), env };
}

function copying(nix: NixInstallation, store: ChrootStore, target: Target, path: string): Command {
  const program = join(nix.binDir, 'nix');
  // Else it remembers what it put there, and asks nobody.
  const ask = ['--option', 'narinfo-cache-positive-ttl', '0'];
  const argv = () => [
    program,
    'copy',
    ...ask,
    '--from',
    store.url,
    '--to',
    target.theirs,
    '--no-check-sigs',
    path,
  ];
  return { name: `nix ${nix.version} copy`, argv, env: store.env };
}

async function fileTarget(bench: Bench): Promise<Target> {
  const cache = bench.place('cache-of-many');
  const url = `file://${cache}?compression=none`;
  return { where: 'file://', ours: url, theirs: url, env: {}, clear: () => bench.remove(cache) };
}

/** A bucket anyone may use: Debian's Nix cannot sign requests. */
async function s3Target(bench: Bench): Promise<Target | undefined> {
  const buckets = await S3Buckets.open(bench);
  if (buckets === undefined) return undefined;
  let bucket = '';
  return {
    where: 'S3',
    get ours() {
      return buckets.url(bucket, 'none');
    },
    get theirs() {
      return buckets.nixUrl(bucket, 'none');
    },
    env: buckets.env,
    clear: async () => {
      bucket = await buckets.make();
    },
  };
}

/**
 * What does a post-build hook add to a build, and what when the cache is in trouble?
 *
 *     npm run bench:hook -- [--dir DIR] [--derivations N] [--rounds N] [--cap SECONDS]
 *
 * Builds as many derivations, one after the other, with each hook and without one, in turn, and prints
 * the wall time that the hook adds to each derivation: the median over the rounds. The queued hooks run
 * beside their service, which tries to publish meanwhile; after the build the cache is well again, and
 * it is told how long it took until every path was there.
 */
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { NixWorld, nixInstallations } from '../../test/support/nix.ts';
import { median } from '../row.ts';
import { CacheServer, STATES, type State } from './cache-server.ts';
import { HOOKS, installHooks, Service } from './hooks.ts';

const { values } = parseArgs({
  options: {
    dir: { type: 'string', default: tmpdir() },
    derivations: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '3' },
    cap: { type: 'string', default: '5' },
  },
});
const [derivations, rounds, cap] = [values.derivations, values.rounds, values.cap].map(Number) as [
  number,
  number,
  number,
];
/** With a cache in trouble, for hooks that wait for it: each takes as long as it is let. */
const FEW = 2;
/** Until everything has to be in the cache. */
const ARRIVAL_MS = 60_000;

const EXPRESSION = `builtins.genList (n: derivation {
  name = "bench-\${toString n}"; system = builtins.currentSystem; builder = "/bin/sh";
  salt = builtins.getEnv "SALT"; args = [ "-c" "echo $salt $name > $out" ];
}) COUNT`;

/** What came of a build. */
interface Build {
  readonly ms: number;
  readonly failed: boolean;
}

async function build(world: NixWorld, program: string | undefined, count: number): Promise<Build> {
  await world.configure({
    'max-jobs': '1',
    ...(program === undefined ? {} : { 'post-build-hook': join(world.dir, program) }),
  });
  await writeFile(join(world.dir, 'bench.nix'), EXPRESSION.replace('COUNT', String(count)));
  const started = performance.now();
  const { code, stderr } = await world.try('nix-build', ['--no-out-link', 'bench.nix'], {
    SALT: `${process.pid} ${started}`,
  });
  const ms = performance.now() - started;
  if (code !== 0 && !/failed with exit code|failed due to signal/.test(stderr)) throw new Error(stderr);
  if (/enqueue-upload: /.test(stderr)) throw new Error(stderr);
  return { ms, failed: code !== 0 };
}

const nix = nixInstallations().at(-1);
if (nix === undefined) throw new Error('there is no Nix in PATH');
const dir = mkdtempSync(join(values.dir, 'narkit-bench-hook-'));
const server = new CacheServer();
try {
  const world = await NixWorld.create(nix, dir);
  await server.become('well');
  await installHooks(world, server.url, cap);
  // Everything is warm after that.
  await build(world, undefined, 2);
  const plain: number[] = [];
  const arrivals: string[] = [];
  const slow: string[] = [];

  const measure = async ({ program, waits }: (typeof HOOKS)[number], state: State): Promise<string> => {
    const count = waits && state !== 'well' ? Math.min(FEW, derivations) : derivations;
    const added: number[] = [];
    for (let round = 0; round < rounds; round++) {
      server.empty();
      await server.become(state);
      await using service = waits ? undefined : new Service(world);
      // Its start is not what is asked for.
      if (service !== undefined) await sleep(2000);
      const without = await build(world, undefined, count);
      const withHook = await build(world, program, count);
      if (withHook.failed) return `the build fails after ${(withHook.ms / 1000).toFixed(1)} s`;
      if (count === derivations) plain.push(without.ms / count);
      added.push((withHook.ms - without.ms) / count);
      if (service === undefined) continue;
      await server.become('well');
      const since = performance.now();
      while (server.paths < count && performance.now() - since < ARRIVAL_MS) await sleep(50);
      const seconds = ((performance.now() - since) / 1000).toFixed(1);
      arrivals.push(`${program}, ${state}: ${server.paths} of ${count} ${seconds} s after the build`);
    }
    const ms = median(added);
    const limit = Math.max(50, 0.03 * median(plain));
    if (!waits && ms > limit) slow.push(`${program}, ${state}`);
    return `${ms.toFixed(0)} ms`;
  };

  const rows = [
    ['added to each derivation', ...STATES.map((state) => `cache ${state}`)],
    ['-', '-', '-', '-', '-'],
  ];
  for (const hook of HOOKS) {
    const cells = [];
    for (const state of STATES) cells.push(await measure(hook, state));
    rows.push([hook.name, ...cells]);
  }
  console.log(
    `Nix ${nix.version}, ${derivations} derivations, ${rounds} rounds; without a hook a derivation takes ${median(plain).toFixed(0)} ms.`,
  );
  console.log(
    `The first two hooks: ${FEW} derivations where the cache is in trouble, stopped after ${cap} s each.\n`,
  );
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
  console.log(`\nPaths in the cache, once it is well:\n${arrivals.map((line) => `- ${line}\n`).join('')}`);
  console.log(
    `Target, at most max(3 %, 50 ms) by the queued hooks: ${slow.length === 0 ? 'reached' : `missed by ${slow.join('; ')}`}`,
  );
} finally {
  await server.close();
  await rm(dir, { recursive: true, force: true });
}

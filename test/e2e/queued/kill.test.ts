/**
 * Hooks, the service and the server of a cache are killed at random moments, again and again. Whatever a
 * hook has said yes to is in both caches at the end, whole, and nothing is left lying about.
 *
 * `NARKIT_SOAK=1` takes 300 moments.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { lutimes, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { builtHooks, VARIANTS } from '../../examples/queued/hook-programs.ts';
import { nixInstallations } from '../../support/nix.ts';
import { need } from '../../support/require.ts';
import { TARGETS, Upload } from './upload.ts';

const KILLS = env['NARKIT_SOAK'] ? 300 : 16;
/** Of a hook at a time. */
const OUTPUTS = 2;
/** After these it begins anew: what is published already is queued again. */
const PATHS = KILLS * 12;

/** Store paths with references, which need no building: the files of derivations. */
const EXPRESSION = `
let nodes = builtins.genList (i: derivation {
  name = "node-\${toString i}"; system = "none"; builder = "/bin/sh"; salt = builtins.getEnv "SALT";
  needs = if i == 0 then [] else [ (builtins.elemAt nodes ((i - 1) / 2)) ];
}) ${PATHS}; in nodes`;

const [nix] = nixInstallations();
const built = builtHooks({ after }, 'upload-queue');
const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T;
const moment = (maxMs: number): Promise<void> => sleep(Math.random() * maxMs);

test(`${KILLS} kills of hooks, service and server lose nothing`, { timeout: 900_000 }, async (t) => {
  if (!need(t, 'nix', nix !== undefined, 'Nix') || nix === undefined) return;
  // Killed this often, some paths are under way more than once or twice.
  const settings = ['max-attempts = 100', 'batch = 8'];
  const upload = await Upload.create(t, { nix, variant: 'enqueue-upload', programs: built, settings });
  const { world, builder, cable } = upload;
  await writeFile(join(world.dir, 'test.nix'), EXPRESSION);
  const drvs = (await world.run('nix-instantiate', ['test.nix'])).trim().split('\n');
  assert.equal(drvs.length, PATHS);

  const running = new Set<ChildProcess>();
  const start = (command: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): ChildProcess => {
    const child = spawn(command, args, {
      env: { ...world.env, ...more },
      cwd: '/',
      stdio: ['pipe', 'ignore', 'pipe'],
      // The programs that a shell has started die with it.
      detached: true,
    });
    running.add(child);
    child.once('exit', () => running.delete(child));
    return child;
  };
  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    process.kill(-(child.pid as number), 'SIGKILL');
    await exited;
  };
  t.after(() => Promise.all([...running].map(end)));

  const promised = new Set<string>();
  const counts = { hooks: 0, service: 0, server: 0 };
  const killed = (): number => counts.hooks + counts.service + counts.server;
  let next = 0;
  const runHook = async (): Promise<void> => {
    const paths = drvs.slice(next % PATHS, (next % PATHS) + OUTPUTS);
    next += OUTPUTS;
    const child = start(builder.at.program(pick(VARIANTS)), [], { DRV_PATH: '', OUT_PATHS: paths.join(' ') });
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const closed = once(child, 'close');
    if (Math.random() < 0.25 && (await Promise.race([moment(120), closed])) === undefined) {
      await end(child);
      if (child.signalCode !== null) counts.hooks++;
    }
    await closed;
    if (child.exitCode !== 0) return;
    assert.equal(said, '');
    for (const path of paths) promised.add(path);
  };

  const done = (): boolean => killed() >= KILLS;
  const hooks = async (): Promise<void> => {
    while (!done()) await runHook();
  };
  const service = async (): Promise<void> => {
    while (!done()) {
      upload.serve();
      await sleep(300);
      await moment(700);
      await upload.kill();
      counts.service++;
    }
  };
  const { port } = new URL(cable.url);
  const serveCache = (): ChildProcess => {
    const script = join(import.meta.dirname, 'server-child.ts');
    return start(execPath, ['--conditions=@narkit/source', script, upload.directoryOf('first'), port]);
  };
  const server = async (): Promise<void> => {
    while (!done()) {
      const child = serveCache();
      await sleep(500);
      await moment(1500);
      await end(child);
      counts.server++;
      await moment(300);
    }
  };
  await Promise.all([hooks(), hooks(), service(), server()]);
  const doneBetween = (await upload.events('done')).length;
  t.diagnostic(
    `killed ${JSON.stringify(counts)}; of ${next} paths ${promised.size} were promised, ${doneBetween} done meanwhile`,
  );
  assert.ok(counts.hooks > 0 && counts.service > 0 && counts.server > 0);
  assert.ok(promised.size > 0 && doneBetween > 0);

  // What hooks left behind when they died is old when it is looked at.
  const { at } = builder;
  const long = new Date(Date.now() - 3 * 3600_000);
  const rooted: Record<string, string[]> = {};
  for (const target of TARGETS) {
    rooted[target] = at.roots(target);
    for (const name of readdirSync(join(at.rootsDir, target)))
      await lutimes(join(at.rootsDir, target, name), long, long);
    for (const name of readdirSync(join(at.queueDir, target, 'tmp')))
      await utimes(join(at.queueDir, target, 'tmp', name), long, long);
  }
  serveCache();
  upload.serve();
  const rootsLeft = (): number =>
    TARGETS.reduce((sum, target) => sum + readdirSync(join(at.rootsDir, target)).length, 0);
  for (let i = 0; i < 600 && rootsLeft() > 0; i++) await sleep(100);
  await upload.drain();
  await upload.kill('SIGTERM');

  for (const target of TARGETS) {
    const published = new Set(await upload.published(target));
    const lacks = (paths: Iterable<string>): string[] => [...paths].filter((path) => !published.has(path));
    assert.deepEqual(lacks(promised), [], `what was promised is in ${target}`);
    assert.deepEqual(lacks(rooted[target] ?? []), [], `what had a root is in ${target}`);
    assert.deepEqual(at.roots(target), []);
    for (const sub of ['new', 'tmp', 'queue', 'delayed', 'claims', 'keys', 'dead', 'corrupt'])
      assert.deepEqual(await readdir(join(at.queueDir, target, sub)), [], `${target}/${sub}`);
  }

  // All is done: a service that starts now has nothing to do.
  const batches = (await upload.events('batch')).length;
  upload.serve();
  await sleep(700);
  await upload.kill();
  assert.equal((await upload.events('batch')).length, batches);
});

/**
 * The power is cut at every moment of a hook, and of a service that publishes, on a disk that keeps no more
 * than what was synced: see `fragile-disk.ts`. Needs `strace`.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { after, test } from 'node:test';
import { BinaryCache } from 'narkit/cache';
import { FileStore, nodeCodecs, Spool } from 'narkit/node';
import { addRoot } from '../../../examples/post-build-hook/queued/hook/gc-roots.ts';
import { builtHooks, Installation, VARIANTS } from '../../examples/queued/hook-programs.ts';
import { keyOf } from '../../examples/queued/service-support.ts';
import { spoolDir } from '../../node/spool/support.ts';
import { assertInvariant } from '../../support/invariant.ts';
import { NixWorld, nixInstallations } from '../../support/nix.ts';
import { need } from '../../support/require.ts';
import { FragileDisk, type Loss } from './fragile-disk.ts';
import { canTrace, type FileCall, traced } from './traced.ts';

/** Of each moment. */
const TRIALS: readonly Loss[] = [
  'all',
  'names',
  ...Array.from({ length: env['NARKIT_SOAK'] ? 20 : 2 }, () => 'some' as const),
];

const built = builtHooks({ after }, 'upload-to-cache');

/** Keys of a spool as it is taken up again after the cut, which must find nothing broken in it. */
async function keysAfter(directory: string): Promise<string[]> {
  await using spool = await Spool.open(directory, { create: false, minFreeBytes: 0 });
  const keys: string[] = [];
  for (let claims = await spool.claim(100); claims.length > 0; claims = await spool.claim(100))
    for (const { key } of claims) keys.push(key);
  const { corrupt, dropped, dead } = await spool.stats();
  assert.deepEqual({ corrupt, dropped, dead }, { corrupt: 0, dropped: 0, dead: 0 });
  assert.equal(new Set(keys).size, keys.length, 'each once');
  return keys.sort();
}

/** Cuts the power before the first call, and after each. */
async function cutEverywhere(
  disk: FragileDisk,
  calls: readonly FileCall[],
  scratch: string,
  check: (directory: string, done: number, last: boolean) => Promise<void>,
): Promise<number> {
  let cuts = 0;
  for (let done = 0; done <= calls.length; done++) {
    const call = calls[done - 1];
    if (call !== undefined) disk.apply(call);
    for (const loss of TRIALS) {
      const directory = join(scratch, `cut-${cuts++}`);
      disk.cut(directory, loss);
      try {
        await check(directory, done, done === calls.length);
      } catch (error) {
        throw new Error(`cut after call ${done} (${JSON.stringify(call)}), loss '${loss}'`, { cause: error });
      }
    }
  }
  return cuts;
}

for (const variant of VARIANTS) {
  test(`${variant}: what it has said yes to survives a power cut, and nothing is ever broken`, async (t) => {
    if (!canTrace()) return t.skip('strace is not available');
    const dir = await spoolDir(t);
    const at = new Installation(join(dir, 'at'), built);
    await at.addTarget('first');
    await at.addTarget('second');
    const paths = [keyOf('one'), keyOf('two')].sort();
    const disk = new FragileDisk(at.dir);
    const hook = { PATH: env['PATH'], OUT_PATHS: paths.join(' ') };
    const calls = traced(at.dir, join(dir, 'log'), [at.program(variant)], hook);
    const cuts = await cutEverywhere(disk, calls, dir, async (directory, _, last) => {
      for (const target of ['first', 'second']) {
        const keys = await keysAfter(join(directory, 'queue', target));
        const roots = new Installation(directory, built).roots(target);
        // Once it has ended, all; before, nothing that was not to be queued.
        if (last) assert.deepEqual([keys, roots], [paths, paths]);
        assert.deepEqual(
          [...keys, ...roots].filter((key) => !paths.includes(key)),
          [],
        );
        // What is queued has its root: the other way round it could be collected.
        assert.deepEqual(
          keys.filter((key) => !roots.includes(key)),
          [],
        );
      }
    });
    t.diagnostic(`${calls.length} calls, ${cuts} cuts`);
    assert.ok(calls.length > 10);
  });
}

test('a service: what is not published is queued after a power cut, whenever it comes', async (t) => {
  if (!canTrace()) return t.skip('strace is not available');
  const dir = await spoolDir(t);
  const at = join(dir, 'at');
  const [directory, rootsDir, log] = [join(at, 'spool'), join(at, 'roots'), join(at, 'published')];
  await mkdir(rootsDir, { recursive: true });
  await writeFile(log, '');
  const keys = ['one', 'two', 'three', 'four', 'five'].map(keyOf).sort();
  {
    await using spool = await Spool.open(directory, { minFreeBytes: 0 });
    await addRoot(rootsDir, ...keys);
    for (const key of keys) await spool.enqueue({ key });
  }
  const disk = new FragileDisk(at);
  const child = join(import.meta.dirname, '../../examples/queued/service-child.ts');
  const command = [execPath, '--conditions=@narkit/source', child, directory, rootsDir, log];
  const calls = traced(at, join(dir, 'log'), command, env);
  assert.equal((await readFile(log, 'utf8')).match(/^published /gm)?.length, keys.length);

  const cuts = await cutEverywhere(disk, calls, dir, async (cut, done) => {
    const queued = await keysAfter(join(cut, 'spool'));
    // To another machine, whose power is on.
    const told = calls
      .slice(0, done)
      .flatMap((call) => (call.type === 'write' && call.path === 'published' ? call.text : []));
    const published = [...told.join('').matchAll(/^published (.*)$/gm)].map(([, key]) => key ?? '');
    assert.deepEqual(
      keys.filter((key) => !published.includes(key) && !queued.includes(key)),
      [],
    );
    assert.deepEqual(
      queued.filter((key) => !keys.includes(key)),
      [],
    );
  });
  t.diagnostic(`${calls.length} calls, ${cuts} cuts`);
  assert.ok(calls.length > 20);
});

test('a cache in a directory is whole after a power cut, and has all that was published', async (t) => {
  const [nix] = nixInstallations();
  if (!need(t, 'nix', nix !== undefined, 'Nix') || nix === undefined) return;
  if (!canTrace()) return t.skip('strace is not available');
  const dir = await spoolDir(t);
  const world = await NixWorld.create(nix, join(dir, 'world'));
  const { storeDir } = world;
  const node = (name: string, needs: string): string =>
    `derivation { name = "${name}"; system = "none"; builder = "/bin/sh"; needs = ${needs}; }`;
  const expression = node('top', `[ (${node('left', '[]')}) (${node('right', '[]')}) ]`);
  const top = (await world.run('nix-instantiate', ['-E', expression])).trim();
  const at = join(dir, 'at');
  await mkdir(at);
  const program = join(built, 'upload-to-cache');
  const flags = ['--cache', `file://${at}/cache`, '--allow-unsigned', 'true', '--store-dir', storeDir];
  const disk = new FragileDisk(at);
  const hook = { ...world.env, OUT_PATHS: top, DRV_PATH: '' };
  const calls = traced(at, join(dir, 'log'), [program, ...flags], hook);

  const cuts = await cutEverywhere(disk, calls, dir, async (directory, _, last) => {
    const cache = new BinaryCache(new FileStore(join(directory, 'cache')), {
      decoders: nodeCodecs,
      storeDir,
    });
    // One that is not there announces nothing.
    const announced = existsSync(join(directory, 'cache')) ? await assertInvariant(cache) : 0;
    if (last) assert.equal(announced, 3);
  });
  t.diagnostic(`${calls.length} calls, ${cuts} cuts`);
});

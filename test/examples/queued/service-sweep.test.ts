import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { lutimes, mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { Spool } from 'narkit/node';
import { addRoot } from '../../../examples/post-build-hook/queued/hook/gc-roots.ts';
import { sweepRoots } from '../../../examples/post-build-hook/queued/service/sweep.ts';
import { FakePublisher, Outage, of, rootKeys, until } from './service-support.ts';
import { A, serviceWorld } from './service-world.ts';

test('roots without an entry are queued; young ones and those of others are left alone', async (t) => {
  const world = await serviceWorld(t);
  const roots = join(world.directory, 'roots/a');
  await mkdir(roots, { recursive: true });
  await (await Spool.open(join(world.directory, 'queue/a'))).close();
  const root = async (name: string, ageMs: number, exists: boolean): Promise<string> => {
    const key = world.key(name);
    if (exists) await writeFile(key, name);
    await addRoot(roots, key);
    const time = (Date.now() - ageMs) / 1000;
    await lutimes(join(roots, basename(key)), time, time);
    return key;
  };
  const forgotten = await root('forgotten', 6 * 60_000, true);
  const young = await root('young', 60_000, true);
  const gone = await root('gone', 6 * 60_000, false);
  // What a sweep has looked at before is not looked at again.
  await using spool = await Spool.open(join(world.directory, 'queue/a'), { minFreeBytes: 0 });
  const recent = { minAgeMs: 5 * 60_000, maxAgeMs: 5.5 * 60_000, signal: new AbortController().signal };
  const swept = await sweepRoots({ spool, rootsDir: roots, storeDir: world.storeDir, ...recent });
  assert.deepEqual(swept, { requeued: 0, removed: 0 });
  await symlink('/elsewhere', join(roots, 'strange'));
  await lutimes(join(roots, 'strange'), 1e9, 1e9);
  await world.start(...A);
  await until('it is done', () => of(world.events, 'done').length > 0);
  await until('the root is gone', () => !existsSync(join(roots, basename(gone))));
  assert.deepEqual(
    of(world.events, 'done').map(({ key }) => key),
    [forgotten],
  );
  assert.deepEqual(
    of(world.events, 'requeued').map(({ count }) => count),
    [1],
  );
  assert.deepEqual(
    (await rootKeys(roots)).map((key) => basename(key)),
    [basename(young), 'strange'].sort(),
  );
});

test('a root that has an entry is not queued again, even when its path is gone', async (t) => {
  const world = await serviceWorld(t, async () => {
    const publisher = new FakePublisher('a');
    publisher.act = () => Promise.reject(new Outage('refused'));
    return publisher;
  });
  const roots = join(world.directory, 'roots/a');
  await mkdir(roots, { recursive: true });
  await (await Spool.open(join(world.directory, 'queue/a'))).close();
  await world.queue('a', 'gone', 'here');
  await writeFile(world.key('here'), 'here');
  for (const name of ['gone', 'here']) await lutimes(join(roots, basename(world.key(name))), 1e9, 1e9);
  await world.startWith({ sweepMs: 10 }, ...A);
  await until('it went on for a while', () => of(world.events, 'down').length > 5);
  assert.equal((await rootKeys(roots)).length, 2);
  assert.equal(of(world.events, 'requeued').length, 0);
});

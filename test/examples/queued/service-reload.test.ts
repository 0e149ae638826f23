import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakePublisher, of, until } from './service-support.ts';
import { A, B, serviceWorld } from './service-world.ts';

test('reload starts, stops and replaces targets, and leaves the others alone', async (t) => {
  const world = await serviceWorld(t);
  const service = await world.start(...A, ...B);
  await world.running('a', 'b');
  const [a] = world.publishers.get('a') ?? [];
  let asked = 0;
  if (a) a.onReload = () => asked++ === 0;
  await service.reload(await world.config(...A, '[c]', 'cache = file:///c'));
  await world.running('c');
  assert.deepEqual(
    (await service.state()).targets.map(({ name }) => name),
    ['a', 'c'],
  );
  assert.equal(world.publishers.get('b')?.[0]?.disposed, 1);
  assert.deepEqual([world.publishers.get('a')?.length, a?.disposed], [1, 0]);
  assert.deepEqual(
    of(world.events, 'reload')
      .map(({ target, error }) => `${target} ${error}`)
      .sort(),
    ['a undefined', 'b undefined', 'c undefined'],
  );
  await world.queue('c', 'one');
  await until('c is done', () => of(world.events, 'done').some(({ target }) => target === 'c'));

  await service.reload(await world.config('[a]', 'cache = file:///elsewhere', '[c]', 'cache = file:///c'));
  assert.deepEqual([world.publishers.get('a')?.length, a?.disposed], [2, 1]);
  assert.equal(world.publishers.get('c')?.length, 1);
  await world.queue('a', 'two');
  await until('a is done', () => world.publishers.get('a')?.[1]?.calls.length === 1);
});

test('a setting of the queue is one of every target, and one of the log is of none', async (t) => {
  const world = await serviceWorld(t);
  const service = await world.start(...A);
  await world.running('a');
  await service.reload(await world.config('log-format = json', 'stop-timeout = 3s', ...A));
  assert.equal(world.publishers.get('a')?.length, 1);
  await service.reload(await world.config('batch = 7', ...A));
  assert.equal(world.publishers.get('a')?.length, 2);
});

test('a batch that is under way is done by the target that it began with', async (t) => {
  const world = await serviceWorld(t);
  const service = await world.start(...A);
  await world.running('a');
  const [old] = world.publishers.get('a') as [FakePublisher];
  const { promise, resolve } = Promise.withResolvers<undefined>();
  old.act = () => promise;
  await world.queue('a', 'one');
  await until('it is under way', () => old.calls.length === 1);
  const reloading = service.reload(await world.config('[a]', 'cache = file:///elsewhere'));
  await until('the new one is open', () => world.publishers.get('a')?.length === 2);
  assert.equal(old.disposed, 0);
  resolve(undefined);
  await reloading;
  assert.equal(old.disposed, 1);
  assert.deepEqual(world.publishers.get('a')?.[1]?.calls, []);
  assert.equal(of(world.events, 'done').length, 1);
});

test('settings that do not work leave the old ones in use', async (t) => {
  let fails = false;
  const world = await serviceWorld(t, async ({ name }) => {
    if (fails) throw new TypeError('no such key');
    return new FakePublisher(name);
  });
  const service = await world.start(...A);
  await world.running('a');
  fails = true;
  await service.reload(await world.config('[a]', 'cache = file:///elsewhere'));
  assert.deepEqual(
    of(world.events, 'reload').map(({ error }) => error),
    ['no such key'],
  );
  await world.queue('a', 'one');
  await until('it is done', () => of(world.events, 'done').length === 1);
  // And the same settings, once they work, are taken.
  fails = false;
  await service.reload(await world.config('[a]', 'cache = file:///elsewhere'));
  assert.equal(world.publishers.get('a')?.length, 2);
});

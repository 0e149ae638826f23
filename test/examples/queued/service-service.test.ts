import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Spool } from 'narkit/node';
import { FakePublisher, Outage, of, until } from './service-support.ts';
import { A, B, serviceWorld } from './service-world.ts';

test('each target has its own queue, and one that cannot be opened keeps no other', async (t) => {
  let tries = 0;
  const world = await serviceWorld(t, async ({ name }) => {
    if (name === 'a' && ++tries < 4) throw new TypeError('bad key file');
    return new FakePublisher(name);
  });
  const service = await world.start(...A, ...B);
  await world.running('b');
  await world.queue('b', 'one');
  await until('b is done', () => of(world.events, 'done').length === 1);
  await world.running('a');
  const told = world.events.filter((event) => 'target' in event && event.target === 'a');
  assert.deepEqual(
    told.map(({ type }) => type),
    ['down', 'down', 'down', 'start', 'up'],
  );
  assert.equal(of(told, 'down')[0]?.error, 'bad key file');
  const { targets, stopping } = await service.state();
  assert.deepEqual(
    targets.map(({ name, cache, up, queue }) => [name, cache, up, queue?.queued]),
    [
      ['a', 'fake://cache', undefined, 0],
      ['b', 'fake://cache', true, 0],
    ],
  );
  assert.equal(stopping, false);
});

test('a target that cannot be opened shows it, with its queue, and can be stopped', async (t) => {
  const world = await serviceWorld(t, () => Promise.reject(new TypeError('unknown codec')));
  const service = await world.start(...A);
  await until('it is told', () => of(world.events, 'down').length > 1);
  await world.queue('a', 'one');
  const [target] = (await service.state()).targets;
  assert.deepEqual(
    [target?.up, target?.error, target?.cache, target?.queue?.queued],
    [false, 'unknown codec', undefined, 1],
  );
  await service.stop('enough');
  assert.deepEqual(
    world.events.slice(-2).map(({ type }) => type),
    ['stopping', 'stopped'],
  );
});

test('stopping does not wait for an opening that hangs, and nothing stays open', async (t) => {
  const { promise, resolve } = Promise.withResolvers<FakePublisher>();
  const world = await serviceWorld(t, () => promise);
  const service = await world.start(...A);
  await until('it is being opened', () => existsSync(join(world.directory, 'roots/a')));
  await service.stop('enough');
  const late = new FakePublisher('a');
  resolve(late);
  await until('it is closed', () => late.disposed === 1);
  assert.deepEqual(
    world.events.map(({ type }) => type),
    ['stopping', 'stopped'],
  );
});

test('what it makes is for the group of the process', async (t) => {
  const world = await serviceWorld(t);
  await world.start(...A);
  await world.running('a');
  for (const path of ['queue/a', 'queue/a/new', 'roots/a'])
    assert.equal((await stat(join(world.directory, path))).mode & 0o7070, 0o2070, path);
});

test('where it may make nothing it says what is missing, and starts when that is there', async (t) => {
  const world = await serviceWorld(t);
  const service = await world.startWith({ create: false }, ...A);
  await until('it is told', () => of(world.events, 'down').length > 0);
  assert.match(of(world.events, 'down')[0]?.error ?? '', /no spool at .*queue\/a/);
  assert.equal((await service.state()).targets[0]?.queue, undefined);
  await (await Spool.open(join(world.directory, 'queue/a'))).close();
  await world.running('a');
});

test('stop ends all targets at once; a second one aborts', async (t) => {
  const world = await serviceWorld(t);
  const service = await world.start(...A, ...B);
  await world.running('a', 'b');
  for (const target of ['a', 'b']) {
    const publisher = world.publishers.get(target)?.[0] as FakePublisher;
    publisher.act = (_, { signal }) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    await world.queue(target, 'one');
    await until('it is under way', () => publisher.calls.length === 1);
  }
  const began = performance.now();
  const first = service.stop('SIGTERM');
  await until('it is stopping', async () => (await service.state()).stopping);
  await Promise.all([first, service.stop('SIGTERM')]);
  assert.ok(performance.now() - began < 5000, 'the settings would wait for 30 s');
  assert.deepEqual(of(world.events, 'stopping'), [{ type: 'stopping', reason: 'SIGTERM' }]);
  assert.equal(of(world.events, 'stopped').length, 1);
  assert.equal(world.events.at(-1)?.type, 'stopped');
  for (const target of ['a', 'b']) {
    assert.equal(world.publishers.get(target)?.[0]?.disposed, 1);
    await using spool = await Spool.open(join(world.directory, 'queue', target));
    assert.deepEqual(
      (await spool.claim()).map(({ attempts }) => attempts),
      [1],
    );
  }
  await service.reload(await world.config(...A));
  assert.equal(of(world.events, 'start').length, 2, 'what has stopped starts nothing more');
});

test('a target that is down keeps no other', async (t) => {
  const world = await serviceWorld(t, async ({ name }) => {
    const publisher = new FakePublisher(name);
    if (name === 'a') publisher.act = () => Promise.reject(new Outage('refused'));
    if (name === 'a') publisher.onProbe = () => new Promise(() => {});
    return publisher;
  });
  await world.start(...A, ...B);
  await world.running('a', 'b');
  await world.queue('a', 'one');
  await world.queue('b', 'one', 'two');
  await until('b is done', () => of(world.events, 'done').length === 2);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import {
  drained,
  items,
  keyOf,
  Outage,
  of,
  poison,
  rootKeys,
  until,
  workerWorld,
} from './service-support.ts';

test('a target that does not answer is asked until it does, and no attempt counts', async (t) => {
  const { publisher, worker, spool, queue, events } = await workerWorld(t, { settings: { maxAttempts: 1 } });
  await queue('a', 'b', 'c');
  let up = false;
  publisher.act = () => (up ? undefined : Promise.reject(new Outage('refused')));
  publisher.onProbe = () => (up ? undefined : Promise.reject(new Outage('still refused')));
  void worker.run();
  await until('it was asked four times', () => of(events, 'down').length >= 5);
  assert.deepEqual(
    [worker.state.up, worker.state.error, worker.state.inFlight],
    [false, 'still refused', []],
  );
  assert.equal(publisher.calls.length, 1, 'asked, and nothing sent');
  assert.equal(of(events, 'down')[0]?.error, 'refused');
  up = true;
  await drained(spool);
  await worker.stop(1000);
  assert.deepEqual(
    of(events, 'done').map(({ attempts }) => attempts),
    [1, 1, 1],
  );
  assert.deepEqual([of(events, 'up').length, worker.state.up, worker.state.error], [1, true, undefined]);
  assert.ok((of(events, 'up')[0]?.downMs ?? 0) > 0);
  assert.ok(worker.state.lastSuccess instanceof Date);
});

test('the pauses grow up to the longest', async (t) => {
  const { publisher, worker, queue, events } = await workerWorld(t, {
    settings: { retryMinMs: 10, retryMaxMs: 45 },
    random: () => 1,
  });
  await queue('a');
  const pauses: number[] = [];
  events.push = (...told) => {
    const [event] = told;
    if (event?.type === 'down') pauses.push(event.retryAt.getTime() - Date.now());
    return Array.prototype.push.apply(events, told);
  };
  publisher.act = () => Promise.reject(new Outage('refused'));
  publisher.onProbe = () => Promise.reject(new Outage('refused'));
  void worker.run();
  await until('five pauses', () => pauses.length >= 5);
  for (const [i, expected] of [10, 20, 40, 45, 45].entries())
    assert.ok(Math.abs((pauses[i] ?? 0) - expected) <= 3, `pause ${i}: ${pauses[i]}`);
});

test('a target that answers but takes nothing stays down, and no attempt counts', async (t) => {
  const { publisher, worker, spool, queue, events } = await workerWorld(t, { settings: { maxAttempts: 1 } });
  await queue(...Array.from({ length: 12 }, (_, i) => `p${i}`));
  let up = false;
  publisher.act = () => (up ? undefined : Promise.reject(new Outage('read-only')));
  void worker.run();
  await until('it was tried three times', () => of(events, 'down').length >= 3);
  assert.equal(of(events, 'up').length, 0);
  assert.deepEqual(await items(spool, 'dead'), []);
  up = true;
  await drained(spool);
  await until('all are told', () => of(events, 'done').length === 12);
  assert.ok(of(events, 'done').every(({ attempts }) => attempts === 1));
  assert.equal(of(events, 'up').length, 1);
  // A batch, and a few alone: never all one by one.
  const firstDown = publisher.calls.slice(0, 5).map((call) => call.length);
  assert.deepEqual(firstDown, [8, 1, 1, 1, 8]);
});

test('one path that the target fails at does not keep the others, and is given up', async (t) => {
  const { publisher, worker, spool, queue, events } = await workerWorld(t);
  const keys = await queue(...Array.from({ length: 20 }, (_, i) => `p${i}`));
  const bad = keys[3] as string;
  publisher.act = (part) => (part.includes(bad) ? Promise.reject(new Outage('502')) : undefined);
  void worker.run();
  await until('the others are done', () => of(events, 'done').length === 19);
  // Alone it could be the target; among others that arrive it is the path.
  for (let i = 0; (await spool.stats()).dead === 0 && i < 40; i++) {
    await queue(`more${i}`);
    await until('it is done', () => of(events, 'done').some(({ key }) => key === keyOf(`more${i}`)));
  }
  const dead = await items(spool, 'dead');
  assert.deepEqual([dead.length, dead[0]?.key], [1, bad]);
  assert.match(dead[0]?.reason ?? '', /502/);
});

test('what goes down in the middle of a split keeps what is not settled, uncounted', async (t) => {
  const { publisher, worker, spool, queue, events } = await workerWorld(t);
  const keys = await queue(...Array.from({ length: 8 }, (_, i) => `p${i}`));
  let up = true;
  const act = poison(keys[0] as string);
  publisher.act = async (part, call) => {
    if (publisher.calls.length === 4) up = false;
    if (!up) throw new Outage('gone');
    return await act(part, call);
  };
  publisher.onProbe = () => (up ? undefined : Promise.reject(new Outage('gone')));
  void worker.run();
  await until('it is down', () => of(events, 'down').length > 0);
  up = true;
  publisher.act = () => undefined;
  await drained(spool);
  await until('all are told', () => of(events, 'done').length === 8);
  const tried = of(events, 'done').filter(({ attempts }) => attempts > 1);
  assert.ok(tried.length <= 1, 'at most the poison, which had failed alone');
});

test('stopping waits for what is under way, and takes no more', async (t) => {
  const { publisher, worker, spool, queue, events } = await workerWorld(t, { settings: { batch: 2 } });
  await queue('a', 'b', 'c');
  const { promise, resolve } = Promise.withResolvers<undefined>();
  publisher.act = () => promise;
  void worker.run();
  await until('two are under way', () => worker.state.inFlight.length === 2);
  const stopped = worker.stop(10_000);
  await setTimeout(20);
  resolve(undefined);
  await stopped;
  assert.equal(of(events, 'done').length, 2);
  assert.equal((await spool.stats()).queued, 1);
  assert.equal(publisher.calls.length, 1);
});

test('a publish that hangs is aborted when its time is over, and released uncounted', async (t) => {
  const { publisher, worker, spool, queue, events, rootsDir } = await workerWorld(t);
  const keys = await queue('a', 'b');
  let aborted = false;
  publisher.act = (_, { signal }) =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        aborted = true;
        reject(signal.reason);
      });
    });
  void worker.run();
  await until('they are under way', () => worker.state.inFlight.length === 2);
  const began = performance.now();
  await worker.stop(50);
  assert.ok(aborted && performance.now() - began < 1000);
  assert.deepEqual(
    (await spool.claim(2)).map(({ attempts }) => attempts),
    [1, 1],
  );
  assert.deepEqual(await rootKeys(rootsDir), keys.toSorted());
  assert.deepEqual(
    events.map(({ type }) => type),
    ['batch'],
  );
});

test('a second stop cuts the first one short, even when nothing listens to the signal', async (t) => {
  const { publisher, worker, spool, queue } = await workerWorld(t);
  await queue('a');
  publisher.act = () => new Promise(() => {});
  void worker.run();
  await until('it is under way', () => publisher.calls.length === 1);
  const began = performance.now();
  const first = worker.stop(60_000);
  await setTimeout(20);
  await Promise.all([first, worker.stop(0)]);
  assert.ok(performance.now() - began < 5000);
  assert.equal((await spool.stats()).queued, 1);
});

test('stopping does not wait for a pause, nor for a probe that hangs', async (t) => {
  const slow = await workerWorld(t, {
    settings: { retryMinMs: 60_000, retryMaxMs: 60_000 },
    random: () => 1,
  });
  await slow.queue('a');
  slow.publisher.act = () => Promise.reject(new Outage('refused'));
  slow.publisher.onProbe = () => Promise.reject(new Outage('refused'));
  const hanging = await workerWorld(t);
  await hanging.queue('a');
  hanging.publisher.act = slow.publisher.act;
  hanging.publisher.onProbe = () =>
    hanging.publisher.probes === 1 ? Promise.reject(new Outage('refused')) : new Promise<void>(() => {});
  for (const { worker } of [slow, hanging]) void worker.run();
  await until('one pauses', () => slow.worker.state.up === false);
  await until('one asks', () => hanging.publisher.probes === 2);
  const began = performance.now();
  await Promise.all([slow.worker.stop(30_000), hanging.worker.stop(30_000)]);
  assert.ok(performance.now() - began < 1000);
  assert.equal((await slow.spool.stats()).queued, 1);
});

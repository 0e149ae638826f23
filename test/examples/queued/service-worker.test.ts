import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseBaseName } from 'narkit/store-path';
import {
  drained,
  FakePublisher,
  items,
  keyOf,
  of,
  poison,
  rootKeys,
  until,
  workerWorld,
} from './service-support.ts';

test('what is healthy is done once, what is poison ends dead after its attempts, nothing is lost', async (t) => {
  const cases = fc.record({
    n: fc.integer({ min: 1, max: 24 }),
    bad: fc.uniqueArray(fc.nat(23), { maxLength: 6 }),
    batch: fc.integer({ min: 1, max: 16 }),
    maxAttempts: fc.integer({ min: 1, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ n, bad, batch, maxAttempts }) => {
      const world = await workerWorld(t, { settings: { batch, maxAttempts, retryMaxMs: 3 } });
      const { publisher, events, worker, spool } = world;
      const keys = await world.queue(...Array.from({ length: n }, (_, i) => `p${i}`));
      const poisoned = keys.filter((_, i) => bad.includes(i));
      const healthy = keys.filter((key) => !poisoned.includes(key));
      const act = poison(...poisoned);
      const published: string[] = [];
      publisher.act = async (part, call) => {
        await act(part, call);
        published.push(...part);
        return undefined;
      };
      // Publish calls of each round.
      const rounds: { keys: readonly string[]; calls: number }[] = [];
      events.push = (...told) => {
        for (const event of told)
          if (event.type === 'batch') rounds.push({ keys: event.keys, calls: publisher.calls.length });
        return Array.prototype.push.apply(events, told);
      };
      void worker.run();
      await drained(spool);
      await worker.stop(1000);
      assert.deepEqual(published.toSorted(), healthy.toSorted(), 'published once');
      assert.deepEqual(
        of(events, 'done')
          .map(({ key }) => key)
          .sort(),
        healthy.toSorted(),
      );
      const dead = await items(spool, 'dead');
      assert.deepEqual(dead.map(({ key }) => key).sort(), poisoned.toSorted());
      for (const key of poisoned) {
        const alone = publisher.calls.filter((call) => call.length === 1 && call[0] === key);
        assert.equal(alone.length, maxAttempts, 'attempts');
        assert.equal(of(events, 'failed').filter((event) => event.key === key).length, maxAttempts - 1);
      }
      for (const { reason } of dead)
        assert.equal(reason, `gave up after ${maxAttempts} attempts: poisoned by 1`);
      assert.deepEqual(await rootKeys(world.rootsDir), poisoned.toSorted(), 'roots of the dead alone stay');
      rounds.push({ keys: [], calls: publisher.calls.length });
      for (const [i, round] of rounds.slice(0, -1).entries()) {
        const calls = (rounds[i + 1]?.calls ?? 0) - round.calls;
        const size = round.keys.length;
        const inside = round.keys.filter((key) => poisoned.includes(key)).length;
        const most = Math.min(2 * size - 1, 1 + 2 * inside * Math.ceil(Math.log2(size)));
        assert.ok(calls <= most, `${calls} calls for ${inside} of ${size}`);
        assert.ok(size <= batch);
      }
    }),
    { numRuns: 25 },
  );
});

test('poison delays nothing by more than its own batch', async (t) => {
  const { publisher, events, worker, spool, queue } = await workerWorld(t, {
    settings: { batch: 8, maxAttempts: 5, retryMinMs: 20, retryMaxMs: 20 },
    random: () => 1,
  });
  const keys = await queue(...Array.from({ length: 24 }, (_, i) => `p${i}`));
  const bad = [keys[0], keys[7], keys[12]] as string[];
  publisher.act = poison(...bad);
  void worker.run();
  await drained(spool);
  await worker.stop(1000);
  const open = new Set<string>();
  for (const event of events) {
    if (event.type === 'batch') {
      assert.deepEqual([...open], [], 'all of the batch before is settled');
      for (const key of event.keys) open.add(key);
      const before = of(events.slice(0, events.indexOf(event)), 'failed').map(({ key }) => key);
      const again = event.keys.filter((key) => before.includes(key));
      assert.ok(
        again.length === 0 || again.length === event.keys.length,
        'what has failed is not tried with what has not',
      );
    } else if ('key' in event) open.delete(event.key);
  }
  assert.equal(of(events, 'dead').length, 3);
});

test('what may have ended its consumer is tried alone, and while it is nothing else is held', async (t) => {
  const { publisher, worker, spool, queue, events } = await workerWorld(t);
  await queue('a', 'b', 'c', 'd', 'e', 'f');
  const claims = await spool.claim(3);
  const suspects = claims.map(({ key }) => key);
  // As a claim of a dead process comes back: an attempt more, and no word.
  for (const claim of claims) await claim.retry();
  const held: number[] = [];
  publisher.act = async (part) => {
    if (part.some((key) => suspects.includes(key))) held.push((await spool.stats()).claimed);
    return undefined;
  };
  void worker.run();
  await drained(spool);
  await worker.stop(1000);
  assert.deepEqual(held, [1, 1, 1]);
  assert.deepEqual(
    publisher.calls.map((call) => call.length),
    [3, 1, 1, 1],
  );
  assert.deepEqual(
    of(events, 'done').map(({ attempts }) => attempts),
    [1, 1, 1, 2, 2, 2],
  );
});

test('one that has used up its attempts without a word is given up untried', async (t) => {
  const { publisher, worker, spool, queue } = await workerWorld(t, { settings: { maxAttempts: 2 } });
  await queue('killer', 'other');
  for (let i = 0; i < 2; i++)
    for (const claim of await spool.claim(1)) await claim.retry({ at: new Date(1e12) });
  void worker.run();
  await drained(spool);
  await worker.stop(1000);
  const [dead] = await items(spool, 'dead');
  assert.equal(dead?.key, keyOf('killer'));
  assert.match(dead?.reason ?? '', /gave up after 2 attempts: the process ended while/);
  assert.deepEqual(publisher.calls, [[keyOf('other')]]);
});

test('the root is there until the path is published, and gone before the entry is', async (t) => {
  const { publisher, worker, spool, queue, rootsDir } = await workerWorld(t);
  const keys = await queue('a', 'b');
  publisher.act = async () => {
    assert.deepEqual(await rootKeys(rootsDir), keys.toSorted());
    return undefined;
  };
  const [claim] = await spool.claim();
  assert.ok(claim);
  const { ack } = claim;
  const atAck: string[][] = [];
  t.mock.method(Object.getPrototypeOf(claim), 'ack', async function (this: typeof claim) {
    atAck.push((await rootKeys(rootsDir)).filter((key) => key === this.key));
    await ack.call(this);
  });
  await claim.release();
  void worker.run();
  await drained(spool);
  await worker.stop(1000);
  assert.deepEqual(atAck, [[], []]);
});

test('a root that cannot be removed is told of once for all, and the entries are done', async (t) => {
  const { worker, spool, queue, rootsDir, events } = await workerWorld(t);
  const keys = await queue('a', 'b', 'c');
  for (const key of keys.slice(0, 2)) {
    await rm(join(rootsDir, basename(key)));
    await mkdir(join(rootsDir, basename(key)));
  }
  void worker.run();
  await drained(spool);
  await worker.stop(1000);
  await until('all are told', () => of(events, 'trouble').length > 0);
  assert.equal(of(events, 'done').length, 3);
  assert.match(of(events, 'trouble')[0]?.error ?? '', /cannot remove a root: .*and 1 more/);
  assert.equal(of(events, 'trouble').length, 1);
});

test('a key that is no path of the store is dead in the end, with the reason, and no other', async (t) => {
  const { worker, spool, queue, events } = await workerWorld(t);
  await spool.enqueue({ key: '/gnu/store/nonsense' });
  await queue('a');
  void worker.run();
  await drained(spool);
  await worker.stop(1000);
  assert.match((await items(spool, 'dead'))[0]?.reason ?? '', /gnu/);
  assert.equal(of(events, 'done').length, 1);
});

test('the derivation of the hook comes along, and one that is none does not harm', async (t) => {
  const publisher = new FakePublisher();
  const seen: unknown[] = [];
  const publish = publisher.publish.bind(publisher);
  publisher.publish = async (built, call) => {
    seen.push(...built.map(({ drvPath }) => drvPath));
    return await publish(built, call);
  };
  const { worker, spool } = await workerWorld(t, { publisher });
  const drvPath = keyOf('x.drv');
  for (const [name, data] of [
    ['a', { drvPath }],
    ['b', { drvPath: 7 }],
    ['c', 'nonsense'],
    ['d', undefined],
  ] as const)
    await spool.enqueue({ key: keyOf(name), data });
  void worker.run();
  await drained(spool);
  await worker.stop(1000);
  assert.deepEqual(seen, [parseBaseName(basename(drvPath)), undefined, undefined, undefined]);
});

test('progress is told in steps, and skipped paths and receipts by their full path', async (t) => {
  const { publisher, worker, spool, queue, events } = await workerWorld(t);
  const [key] = (await queue('a')) as [string];
  const storePath = parseBaseName(basename(key));
  const info = { storePath } as never;
  publisher.act = async (_, { onEvent }) => {
    for (const bytes of [10, 30]) onEvent?.({ type: 'progress', info, bytes });
    onEvent?.({ type: 'start', info });
    onEvent?.({ type: 'progress', info, bytes: 5 });
    const receipt = { storePath, outcome: 'uploaded', narSize: 30, fileSize: 7 } as never;
    onEvent?.({ type: 'done', receipt });
    return { receipts: [], skipped: [{ path: storePath, reason: 'too large' }], notes: ['no log'] };
  };
  void worker.run();
  await drained(spool);
  await worker.stop(1000);
  assert.deepEqual(
    of(events, 'progress').map(({ bytes }) => bytes),
    [10, 20, 5],
  );
  const [published, skipped] = [of(events, 'published')[0], of(events, 'skipped')[0]];
  assert.deepEqual([published?.outcome, published?.narSize, published?.fileSize], ['uploaded', 30, 7]);
  assert.deepEqual([published?.path, skipped?.path, skipped?.reason], [key, key, 'too large']);
  assert.equal(of(events, 'note')[0]?.note, 'no log');
});

test('keys are looked at before each batch; bad ones are told of once', async (t) => {
  const { publisher, worker, spool, queue, events } = await workerWorld(t, { settings: { batch: 1 } });
  await queue('a', 'b', 'c', 'd', 'e');
  const answers = [true, new Error('bad key'), new Error('bad key'), false, new Error('bad key')];
  publisher.onReload = () => {
    const answer = answers.shift() ?? false;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  void worker.run();
  await drained(spool);
  await worker.stop(1000);
  assert.deepEqual(
    of(events, 'reload').map(({ error }) => error),
    [undefined, 'bad key', 'bad key'],
  );
  assert.equal(of(events, 'done').length, 5);
});

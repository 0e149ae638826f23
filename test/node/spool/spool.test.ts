import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { isNarkitError } from 'narkit';
import { Spool } from 'narkit/node';
import { items, keysOf, names, one, openSpool, spoolDir } from './support.ts';

const lost = (err: unknown): boolean => isNarkitError(err, 'ERR_SPOOL_LOST');
const full = (err: unknown): boolean => isNarkitError(err, 'ERR_SPOOL_FULL');

test('an entry comes out as it went in, and is gone after ack', async (t) => {
  const spool = await openSpool(t);
  const entry = {
    key: 'ключ 𝄞 = /a?b',
    data: { n: [1, null, 'x\ny'] },
    priority: 2,
    tags: ['ci', 'ci', 'ü'],
  };
  assert.equal(await spool.enqueue(entry), 'queued');
  const claim = await one(spool);
  assert.deepEqual(
    [claim.key, claim.data, claim.priority, claim.tags, claim.attempts, claim.lastError],
    [entry.key, entry.data, 2, ['ci', 'ü'], 1, undefined],
  );
  assert.deepEqual(await spool.claim(), []);
  await claim.ack();
  for (const sub of ['queue', 'claims', 'keys', 'tmp', 'new'])
    assert.deepEqual(await names(spool.directory, sub), []);
  await assert.rejects(claim.ack(), lost);
  await assert.rejects(claim.retry(), lost);
  assert.equal(await spool.enqueue(entry), 'queued');
});

test('ls shows the order of claims, and cat what is queued', async (t) => {
  const spool = await openSpool(t);
  for (const [key, priority] of [
    ['c', 7],
    ['a', 5],
    ['/nix/store/x-b', 0],
    ['d', 9],
    ['e', 5],
  ] as const) {
    await spool.enqueue({ key, priority });
    await setTimeout(2);
  }
  const listed = (await names(spool.directory, 'queue')).sort();
  assert.match(listed[0] ?? '', /^0-\d{8}T\d{6}\.\d{3}Z-0-[0-9a-f]{32}-x-b$/);
  const text = await readFile(join(spool.directory, 'queue', listed[0] as string), 'utf8');
  assert.equal(text, 'key /nix/store/x-b\npriority 0\nend\n');
  assert.deepEqual(keysOf(await spool.claim(9)), ['/nix/store/x-b', 'a', 'e', 'c', 'd']);
});

test('a key is there once, whatever its state, and collects tags', async (t) => {
  const spool = await openSpool(t);
  assert.equal(await spool.enqueue({ key: 'k', tags: ['a'] }), 'queued');
  assert.equal(await spool.enqueue({ key: 'k', tags: ['b'], data: 1 }), 'present');
  const claim = await one(spool);
  assert.deepEqual([claim.tags, claim.data], [['a', 'b'], undefined]);
  assert.equal(await spool.enqueue({ key: 'k', tags: ['c'] }), 'present');
  await claim.retry({ at: new Date(Date.now() + 60_000) });
  assert.equal(await spool.enqueue({ key: 'k', tags: ['a'] }), 'present');
  assert.deepEqual(
    (await items(spool, 'delayed')).map(({ tags }) => tags),
    [['a', 'b', 'c']],
  );
  const results = await Promise.all(Array.from({ length: 20 }, () => spool.enqueue({ key: 'same' })));
  assert.equal(results.filter((result) => result === 'queued').length, 1);
  assert.deepEqual(keysOf(await spool.claim(9)), ['same']);
});

test('a retry waits until it is due, keeps its reason, and counts', async (t) => {
  const spool = await openSpool(t);
  await spool.enqueue({ key: 'k' });
  await (await one(spool)).retry({ at: new Date(Date.now() + 300), error: 'no\nnetwork' });
  assert.deepEqual(await spool.claim(), []);
  assert.equal((await spool.stats()).delayed, 1);
  const [claim] = await spool.next();
  assert.deepEqual([claim?.attempts, claim?.lastError], [2, 'no network']);
  await claim?.release();
  assert.equal((await one(spool)).attempts, 2);
});

test('a dead entry that is dropped again is queued again, and no other', async (t) => {
  const spool = await openSpool(t);
  for (const key of ['a', 'b']) await spool.enqueue({ key, tags: ['first'] });
  for (const claim of await spool.claim(2)) await claim.dead('no');
  assert.equal(await spool.enqueue({ key: 'b' }), 'present');
  assert.deepEqual(await spool.claim(2), []);
  await writeFile(join(spool.directory, 'new', 'x'), 'key a\ntag second\nend\n');
  const [claim, other] = await spool.claim(2);
  assert.deepEqual([claim?.key, claim?.attempts, claim?.tags], ['a', 1, ['first', 'second']]);
  assert.equal(other, undefined);
  assert.deepEqual(
    (await items(spool, 'dead')).map(({ key }) => key),
    ['b'],
  );
});

test('the dead are kept with the reason, redriven one or all, or discarded', async (t) => {
  const spool = await openSpool(t);
  for (const key of ['a', 'b', 'c']) await spool.enqueue({ key });
  for (const claim of await spool.claim(3)) await claim.dead(`bad ${claim.key}`);
  assert.deepEqual(await spool.claim(), []);
  assert.deepEqual((await items(spool, 'dead')).map(({ reason }) => reason).sort(), [
    'bad a',
    'bad b',
    'bad c',
  ]);
  assert.equal(await spool.redrive('b'), 1);
  const again = await one(spool);
  assert.deepEqual([again.key, again.attempts, again.lastError], ['b', 1, 'bad b']);
  assert.equal(await spool.discard('a'), 1);
  assert.equal(await spool.enqueue({ key: 'a' }), 'queued');
  assert.equal(await spool.redrive(), 1);
  assert.deepEqual(keysOf(await spool.claim(9)).sort(), ['a', 'c']);
});

test('next wakes for what other handles queue, and ends by signal and close', async (t) => {
  const directory = await spoolDir(t);
  const [one, other] = [await openSpool(t, directory, { pollMs: 30_000 }), await openSpool(t, directory)];
  const waiting = one.next();
  await setTimeout(100);
  await other.enqueue({ key: 'k' });
  assert.deepEqual(keysOf(await waiting), ['k']);
  const stop = new AbortController();
  const aborted = one.next(1, { signal: stop.signal });
  await setTimeout(20);
  stop.abort(new Error('enough'));
  await assert.rejects(aborted, /enough/);
  const closed = other.next();
  await setTimeout(20);
  await other.close();
  assert.deepEqual(await closed, []);
  await one.close();
  const third = await openSpool(t, directory);
  assert.equal((await third.claim())[0]?.attempts, 1, 'close releases what was held');
});

test('a full spool refuses, without a trace, and takes again when one is gone', async (t) => {
  const spool = await openSpool(t, undefined, { maxEntries: 2 });
  await spool.enqueue({ key: 'a' });
  await spool.enqueue({ key: 'b' });
  await assert.rejects(spool.enqueue({ key: 'c' }), full);
  assert.equal(await spool.enqueue({ key: 'b' }), 'present');
  assert.equal((await names(spool.directory, 'keys')).length, 2);
  await (await one(spool)).ack();
  assert.equal(await spool.enqueue({ key: 'c' }), 'queued');
  const greedy = await openSpool(t, undefined, { minFreeBytes: Number.MAX_SAFE_INTEGER });
  await assert.rejects(greedy.enqueue({ key: 'a' }), full);
});

test('wrong arguments are refused before anything is written', async (t) => {
  const spool = await openSpool(t);
  for (const entry of [
    { key: '' },
    { key: 'a\nb' },
    { key: '\ud800' },
    { key: 'a', priority: 10 },
    { key: 'a', tags: ['x\n'] },
  ]) {
    await assert.rejects(spool.enqueue(entry), TypeError);
  }
  await assert.rejects(spool.enqueue({ key: 'a', data: 'x'.repeat(70_000) }), RangeError);
  await assert.rejects(spool.enqueue({ key: 'a', prio: 1 } as never), /unknown option 'prio'/);
  await assert.rejects(Spool.open(spool.directory, { maxEntries: 0 }), RangeError);
  await assert.rejects(spool.claim(0), RangeError);
  for (const sub of ['queue', 'keys', 'tmp']) assert.deepEqual(await names(spool.directory, sub), []);
});

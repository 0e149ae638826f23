/**
 * Many entries. `NARKIT_SOAK=1` takes the full number, and as long as that takes.
 */
import assert from 'node:assert/strict';
import { linkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { test } from 'node:test';
import { ticketId, ticketName } from '../../../src/node/spool/ticket.ts';
import { Window } from '../../../src/node/spool/window.ts';
import { openSpool, spoolDir } from './support.ts';

const MANY = env['NARKIT_SOAK'] ? 100_000 : 20_000;

test(`${MANY} entries: opening, queueing and claiming take as long as with few`, async (t) => {
  const directory = await spoolDir(t);
  const first = await openSpool(t, directory);
  let sent = 0;
  const timed = async (): Promise<number> => {
    const began = performance.now();
    for (let i = 0; i < 200; i++) await first.enqueue({ key: `later${sent++}` });
    return performance.now() - began;
  };
  await timed();
  const few = await timed();
  for (let i = 0; i < MANY; i++) {
    const key = `/nix/store/k${i}`;
    const id = ticketId(key);
    const name = ticketName({ priority: 5, due: 1e12 + i, attempts: 0, id, slug: `k${i}` });
    writeFileSync(join(directory, 'queue', name), `key ${key}\nend\n`);
    linkSync(join(directory, 'queue', name), join(directory, 'keys', id));
  }
  const many = await timed();
  assert.ok(many < 5 * few + 200, `200 took ${many} ms among many, ${few} ms among few`);

  const began = performance.now();
  const spool = await openSpool(t, directory);
  const [claim] = await spool.claim();
  const restart = performance.now() - began;
  assert.equal(claim?.key, '/nix/store/k0');
  assert.ok(restart < 5000, `restart took ${restart} ms`);
  const before = process.memoryUsage.rss();
  const start = performance.now();
  for (let i = 1; i <= 1000; i++) {
    const [next] = await spool.claim();
    assert.equal(next?.key, `/nix/store/k${i}`);
    await next?.ack();
  }
  t.diagnostic(
    `200 enqueues ${few.toFixed(0)} -> ${many.toFixed(0)} ms, restart ${restart.toFixed(0)} ms, 1000 claims and acks ${(performance.now() - start).toFixed(0)} ms`,
  );
  assert.ok(process.memoryUsage.rss() - before < 64e6, 'memory');
});

test('a window shows all names in order, however few it holds, with what is offered meanwhile', async (t) => {
  const directory = await spoolDir(t);
  const expected: string[] = [];
  const add = (n: number): string => {
    const name = `n${String(n).padStart(4, '0')}`;
    writeFileSync(join(directory, name), '');
    expected.push(name);
    return name;
  };
  for (let i = 0; i < 500; i++) add((i * 7919) % 1000);
  const window = new Window(directory, (name) => name, 16);
  const { rm } = await import('node:fs/promises');
  const seen: string[] = [];
  for (let i = 0; ; i++) {
    if (window.first === undefined) await window.refill((name) => name.startsWith('n'));
    const name = window.take();
    if (name === undefined) break;
    seen.push(name);
    await rm(join(directory, name));
    if (i % 5 === 0 && i < 300) window.offer(add(2000 + i));
  }
  assert.deepEqual(seen, expected.toSorted());
});

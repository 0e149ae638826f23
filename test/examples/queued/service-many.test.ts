/**
 * Many entries. `NARKIT_SOAK=1` takes the full number, and as long as that takes.
 */
import assert from 'node:assert/strict';
import { linkSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { env } from 'node:process';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { sweepRoots } from '../../../examples/post-build-hook/queued/service/sweep.ts';
import { ticketId, ticketName } from '../../../src/node/spool/ticket.ts';
import { keyOf, until, workerWorld } from './service-support.ts';

const MANY = env['NARKIT_SOAK'] ? 100_000 : 2000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

test(`${MANY} entries: the first is published soon, and memory stays flat to the last`, async (t) => {
  let done = 0;
  const { publisher, worker, spool, rootsDir } = await workerWorld(t, {
    settings: { batch: 64 },
    tell: (event) => {
      if (event.type === 'done') done++;
    },
  });
  for (let i = 0; i < MANY; i++) {
    const key = keyOf(`k${i}`);
    const id = ticketId(key);
    const name = ticketName({ priority: 5, due: 1e12 + i, attempts: 0, id, slug: basename(key) });
    writeFileSync(join(spool.directory, 'queue', name), `key ${key}\nend\n`);
    linkSync(join(spool.directory, 'queue', name), join(spool.directory, 'keys', id));
    symlinkSync(key, join(rootsDir, basename(key)));
  }
  let first: number | undefined;
  const sizes: number[] = [];
  const began = performance.now();
  publisher.act = async (keys) => {
    first ??= performance.now() - began;
    publisher.calls.length = 0;
    if (done % (MANY / 20) < keys.length) {
      collect();
      sizes.push(process.memoryUsage().heapUsed);
    }
    return undefined;
  };
  const stop = new AbortController();
  const sweeping = sweepRoots({
    spool,
    rootsDir,
    storeDir: '/nix/store',
    minAgeMs: 60_000,
    maxAgeMs: Number.POSITIVE_INFINITY,
    signal: stop.signal,
  });
  void worker.run();
  while (done < MANY) {
    const before = done;
    await until('more are done', () => done > before);
    await setImmediate();
  }
  stop.abort();
  await sweeping;
  const seconds = (performance.now() - began) / 1000;
  const megabytes = sizes.map((size) => Math.round(size / 1e6));
  t.diagnostic(
    `first publish ${first?.toFixed(0)} ms, all ${seconds.toFixed(1)} s, heap ${megabytes.join(' ')} MB`,
  );
  assert.ok((first ?? Number.POSITIVE_INFINITY) < 5000, `first publish after ${first} ms`);
  const early = Math.max(...sizes.slice(0, 5));
  const late = Math.min(...sizes.slice(-5));
  assert.ok(late - early < 16e6, `heap from ${early} to ${late}`);
  assert.equal(worker.state.inFlight.length, 0);
});

/**
 * A service that was away for long: what the hooks have dropped lies in `new/`, and there is much of it.
 * `NARKIT_SOAK=1` takes 100,000 entries. See `service-many.test.ts` for those that have been taken in.
 */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { after, test } from 'node:test';
import { Spool } from 'narkit/node';
import { builtHooks, Installation, runHook, VARIANTS } from '../../examples/queued/hook-programs.ts';
import { keyOf } from '../../examples/queued/service-support.ts';
import { spoolDir } from '../../node/spool/support.ts';

const MANY = env['NARKIT_SOAK'] ? 100_000 : 5000;
const RUNS = 9;

const built = builtHooks({ after });

test(`${MANY} entries wait to be taken in: hooks are as fast as ever, and the first is claimed soon`, async (t) => {
  const at = new Installation(await spoolDir(t), built);
  await at.addTarget('first');
  const directory = join(at.queueDir, 'first');
  let queued = 0;
  /** The median of a few runs of each hook, in milliseconds. */
  const timed = async (): Promise<number[]> => {
    const medians: number[] = [];
    for (const variant of VARIANTS) {
      const times: number[] = [];
      for (let i = 0; i < RUNS; i++) {
        const began = performance.now();
        const ended = await runHook(at.program(variant), { env: { OUT_PATHS: keyOf(`run-${queued++}`) } });
        times.push(performance.now() - began);
        assert.deepEqual(ended, { code: 0, stdout: '', stderr: '' });
      }
      medians.push(times.sort((a, b) => a - b)[RUNS >> 1] ?? 0);
    }
    return medians;
  };
  await timed();
  const few = await timed();
  for (let i = 0; i < MANY; i++)
    writeFileSync(join(directory, 'new', `hook.${i}`), `key ${keyOf(`many-${i}`)}\nend\n`);
  const many = await timed();
  for (const [index, ms] of many.entries())
    assert.ok(ms < 2 * (few[index] ?? 0) + 50, `${few[index]} ms among few, ${ms} ms among many`);

  const before = process.memoryUsage.rss();
  const began = performance.now();
  await using spool = await Spool.open(directory, { create: false, minFreeBytes: 0 });
  assert.equal((await spool.claim(64)).length, 64);
  const first = performance.now() - began;
  assert.ok(first < 5000, `the first claim took ${first} ms`);
  const taken = MANY + queued - readdirSync(join(directory, 'new')).length;
  assert.ok(taken < MANY, `${taken} were taken in before the first was claimed`);
  const grown = process.memoryUsage.rss() - before;
  assert.ok(grown < 64e6, `memory grew by ${grown} bytes`);
  const times = [...few, ...many].map((ms) => ms.toFixed(0)).join(' ');
  t.diagnostic(
    `hooks ${times} ms, first claim ${first.toFixed(0)} ms, memory + ${(grown / 1e6).toFixed(0)} MB`,
  );
});

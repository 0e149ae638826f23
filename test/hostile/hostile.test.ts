/** No input makes a parser slow, hungry, or throw what is no error of ours. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cost, type HostileCase } from './measure.ts';
import { NAR_CASES } from './nar-cases.ts';
import { TEXT_CASES } from './text-cases.ts';

const SIZE = 30_000;
/** What takes less for 120 kB is fast enough, and too short to be measured. */
const NEGLIGIBLE_MS = 30;

/** Four times the input takes about four times as long; sixteen times would be quadratic. */
async function checkLinear(hostile: HostileCase): Promise<void> {
  await cost(hostile, hostile.make(SIZE / 10)); // compiles
  const [small, large] = [hostile.make(SIZE), hostile.make(4 * SIZE)];
  let ratio = 0;
  // A busy machine can make one measurement look bad, but not three.
  for (let attempt = 0; attempt < 3; attempt++) {
    const short = await cost(hostile, small);
    const long = await cost(hostile, large);
    if (long < NEGLIGIBLE_MS) return;
    ratio = long / short;
    if (ratio < 8) return;
  }
  assert.fail(`${hostile.name}: four times the input takes ${ratio.toFixed(1)} times as long`);
}

test('archives and export streams: linear time, typed errors', async (t) => {
  for (const hostile of NAR_CASES) await t.test(hostile.name, () => checkLinear(hostile));
});

test('texts: linear time, typed errors', async (t) => {
  for (const hostile of TEXT_CASES) await t.test(hostile.name, () => checkLinear(hostile));
});

test('archives of 1 MB take at most 64 MB', async () => {
  const program = fileURLToPath(new URL('./memory.ts', import.meta.url));
  const flags = ['--conditions=@narkit/source', '--expose-gc', '--max-semi-space-size=1', program];
  const { stdout } = await promisify(execFile)(process.execPath, flags);
  const raised = JSON.parse(stdout) as Record<string, number>;
  assert.equal(Object.keys(raised).length, NAR_CASES.length + 1);
  assert.ok((raised['all'] as number) <= 64, stdout);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoffMs } from '../../../examples/post-build-hook/queued/service/backoff.ts';
import { failureText, isSuspect } from '../../../examples/post-build-hook/queued/service/entries.ts';
import { runSplit } from '../../../examples/post-build-hook/queued/service/split.ts';

/** The most runs for `bad` bad ones among `n`. */
function mostRuns(n: number, bad: number): number {
  return Math.min(2 * n - 1, 1 + 2 * bad * Math.ceil(Math.log2(n)));
}

test('a pause is anything up to a bound that doubles up to the longest', () => {
  const bounds = { retryMinMs: 5000, retryMaxMs: 600_000 };
  const longest = [1, 2, 3, 7, 8, 9, 5000].map((failures) => backoffMs(failures, bounds, () => 1));
  assert.deepEqual(longest, [5000, 10_000, 20_000, 320_000, 600_000, 600_000, 600_000]);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (failures, r) => {
        const pause = backoffMs(failures, bounds, () => r);
        assert.ok(Math.abs(pause - r * backoffMs(failures, bounds, () => 1)) <= 1);
      },
    ),
  );
  const pauses = Array.from({ length: 1000 }, () => backoffMs(1, bounds));
  assert.ok(Math.min(...pauses) < 500 && Math.max(...pauses) > 4500, 'full jitter');
});

test('splitting leaves the bad ones alone, does all others once, in few runs', async () => {
  const sets = fc
    .integer({ min: 1, max: 130 })
    .chain((n) => fc.record({ n: fc.constant(n), bad: fc.uniqueArray(fc.nat(n - 1), { maxLength: n }) }));
  await fc.assert(
    fc.asyncProperty(sets, async ({ n, bad }) => {
      const done: number[] = [];
      const failed: number[] = [];
      let runs = 0;
      await runSplit(
        Array.from({ length: n }, (_, i) => i),
        {
          run: async (part) => {
            runs++;
            if (part.some((item) => bad.includes(item))) throw new Error(part.join());
            done.push(...part);
          },
          failed: async (item, error) => {
            assert.equal((error as Error).message, String(item), 'its own failure');
            failed.push(item);
          },
          isFatal: () => false,
        },
      );
      assert.deepEqual(
        failed,
        bad.toSorted((a, b) => a - b),
        'in order',
      );
      assert.equal(done.length, n - bad.length);
      assert.deepEqual(
        [...done, ...failed].sort((a, b) => a - b),
        Array.from({ length: n }, (_, i) => i),
      );
      assert.ok(runs <= mostRuns(n, bad.length), `${runs} runs for ${bad.length} of ${n}`);
    }),
  );
});

test('a fatal error ends the splitting, and what was settled on the way is left out', async () => {
  const fatal = new Error('fatal');
  const runs: number[][] = [];
  await assert.rejects(
    runSplit([1, 2, 3, 4], {
      run: async (part) => {
        runs.push([...part]);
        throw runs.length === 3 ? fatal : new Error('ordinary');
      },
      failed: async () => {},
      waits: (item) => item !== 1,
      isFatal: (error) => error === fatal,
    }),
    fatal,
  );
  assert.deepEqual(runs, [[2, 3, 4], [2], [3, 4]]);
});

test('an attempt that left no word makes a suspect', () => {
  const told = failureText(2, 8, 'no\nnetwork');
  for (const [attempts, lastError, expected] of [
    [1, undefined, false],
    [2, undefined, true],
    [3, told, false],
    [4, told, true],
    // Of a dead entry that was queued again.
    [1, 'gave up after 8 attempts: no network', false],
    [2, 'gave up after 8 attempts: no network', true],
  ] as const) {
    assert.equal(isSuspect({ attempts, lastError }), expected, `${attempts} ${lastError}`);
  }
});

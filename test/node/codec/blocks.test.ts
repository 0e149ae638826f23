import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cutBlocks, inOrder } from '../../../src/node/codec/blocks.ts';
import { all, assertSame, pieces, text } from '../../codec/laws.ts';

test('cutBlocks: all bytes, in blocks of one size', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 300_000 }),
      fc.integer({ min: 1, max: 150_000 }),
      fc.array(fc.nat({ max: 90_000 }), { maxLength: 4 }).map((sizes) => [...sizes, 40_000]),
      async (length, size, sizes) => {
        fc.pre(length / size < 5000);
        const content = text(length);
        const blocks = await all(cutBlocks(pieces(content, sizes), size));
        assertSame(Buffer.concat(blocks), content);
        assert.ok(blocks.slice(0, -1).every((block) => block.length === size));
        const last = blocks.at(-1)?.length ?? -1;
        assert.ok(last <= size && (last > 0 || length === 0));
      },
    ),
    { numRuns: 60 },
  );
});

async function* numbers(count: number, onEnd?: () => void): AsyncGenerator<number> {
  try {
    for (let i = 0; i < count; i++) yield i;
  } finally {
    onEnd?.();
  }
}

test('inOrder: in order, never more at a time than asked, as many as asked', async () => {
  let running = 0;
  let most = 0;
  const work = async (i: number): Promise<number> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, (i * 7) % 5));
    running--;
    return i * i;
  };
  const results = await all(inOrder(numbers(30), 4, work));
  assert.deepEqual(
    results,
    Array.from({ length: 30 }, (_, i) => i * i),
  );
  assert.equal(most, 4);
});

test('inOrder: stops, and fails, only when nothing is in flight', async () => {
  for (const failing of [3, undefined]) {
    let running = 0;
    let ended = false;
    const work = async (i: number): Promise<number> => {
      running++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
      if (i === failing) throw new Error('no');
      return i;
    };
    const seen: number[] = [];
    const run = async (): Promise<void> => {
      for await (const i of inOrder(
        numbers(100, () => {
          ended = true;
        }),
        3,
        work,
      )) {
        seen.push(i);
        if (failing === undefined && i === 5) break;
      }
    };
    if (failing === undefined) await run();
    else await assert.rejects(run, { message: 'no' });
    assert.deepEqual(seen, failing === undefined ? [0, 1, 2, 3, 4, 5] : [0, 1, 2]);
    assert.equal(running, 0);
    assert.equal(ended, true);
  }
});

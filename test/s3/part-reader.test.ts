import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { IntegrityError } from '../../src/errors.ts';
import { BodyFailure, readParts } from '../../src/s3/part-reader.ts';

const { signal } = new AbortController();

/** The parts as arrays, each released as soon as it was copied. */
async function partsOf(
  chunks: Uint8Array[],
  partSize: (number: number) => number,
  size?: number,
): Promise<number[][]> {
  const parts: number[][] = [];
  let ended = false;
  for await (const part of readParts(chunks, { partSize, size, key: 'k', signal })) {
    assert.equal(ended, false, 'nothing after the last part');
    assert.equal(part.number, parts.length + 1);
    parts.push([...part.bytes]);
    part.release();
    ended = part.last;
  }
  assert.ok(ended);
  return parts;
}

test('law: the parts are the body, each of its size, the last not empty unless the body is', async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.integer({ min: 1, max: 30 }), fc.boolean(), async (body, first, sized) => {
      // Sizes that grow, as those of a long upload do.
      const partSize = (number: number): number => first + Math.floor(number / 3);
      const whole = body.flatMap((chunk) => [...chunk]);
      const parts = await partsOf(body, partSize, sized ? whole.length : undefined);
      assert.deepEqual(parts.flat(), whole);
      for (const [i, part] of parts.slice(0, -1).entries()) assert.equal(part.length, partSize(i + 1));
      const last = parts.at(-1)?.length ?? 0;
      assert.ok(last <= partSize(parts.length) && (last > 0 || whole.length === 0));
    }),
  );
});

test('a body of another size fails before its last part', async () => {
  const body = [new Uint8Array(10), new Uint8Array(10)];
  for (const size of [19, 21]) {
    const seen: boolean[] = [];
    await assert.rejects(
      async () => {
        for await (const part of readParts(body, { partSize: () => 6, size, key: 'k', signal }))
          seen.push(part.last);
      },
      (err) => err instanceof BodyFailure && err.reason instanceof IntegrityError,
    );
    assert.ok(seen.length > 0 && !seen.includes(true));
  }
});

test('parts that are not released yet keep their bytes', async () => {
  const body = Array.from({ length: 20 }, (_, i) => new Uint8Array(10).fill(i));
  const held: { number: number; bytes: Uint8Array; release(): void }[] = [];
  for await (const part of readParts(body, { partSize: () => 10, size: undefined, key: 'k', signal })) {
    held.push(part);
    if (held.length === 4) held.splice(part.number % 4, 1)[0]?.release();
    for (const { number, bytes } of held) assert.deepEqual([...bytes], Array(10).fill(number - 1));
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_PART_SIZE, MAX_PARTS, MIN_PART_SIZE, partSizeAt } from '../../src/s3/part-size.ts';

const MiB = 2 ** 20;
const LARGEST_OBJECT = 5 * 2 ** 40;
const base = fc.integer({ min: MIN_PART_SIZE, max: MAX_PART_SIZE });

test('10,000 parts of a body of unknown length hold the largest object, whatever the first part', () => {
  for (const first of [MIN_PART_SIZE, 8 * MiB, 64 * MiB, MAX_PART_SIZE]) {
    let total = 0;
    for (let number = 1; number <= MAX_PARTS; number++) total += partSizeAt(number, first);
    assert.ok(total >= LARGEST_OBJECT, `${first}: ${total}`);
  }
});

test('parts never shrink, stay within the limits, and the first 1000 are equal', () => {
  fc.assert(
    fc.property(base, fc.integer({ min: 1, max: MAX_PARTS - 1 }), (first, number) => {
      const size = partSizeAt(number, first);
      assert.ok(Number.isInteger(size) && size >= first && size <= MAX_PART_SIZE);
      assert.ok(partSizeAt(number + 1, first) >= size);
      if (number <= 1000) assert.equal(size, first);
    }),
  );
});

test('a part is small beside what was sent before it', () => {
  let sent = 0;
  for (let number = 1; number <= MAX_PARTS; number++) {
    const size = partSizeAt(number, 8 * MiB);
    assert.ok(size <= 8 * MiB + sent / 1000, `part ${number}`);
    sent += size;
  }
});

test('parts of a body of known length are equal and enough', () => {
  fc.assert(
    fc.property(base, fc.integer({ min: 1, max: LARGEST_OBJECT }), (first, size) => {
      const part = partSizeAt(1, first, size);
      assert.equal(partSizeAt(MAX_PARTS, first, size), part);
      assert.ok(part >= first && part <= MAX_PART_SIZE && part * MAX_PARTS >= size);
    }),
  );
  assert.equal(partSizeAt(1, 8 * MiB, 2 ** 30), 8 * MiB);
});

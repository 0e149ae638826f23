import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteReader } from '../../src/bytes/byte-reader.ts';
import { concatBytes } from '../../src/bytes/bytes.ts';

test('whatever the chunks and whatever is asked for, the bytes come once and in order', async () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('take', 'tryTake', 'read'), fc.nat(12)), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 9 }),
      steps,
      async (chunks, todo) => {
        const all = Buffer.concat(chunks);
        const reader = new ByteReader(chunks);
        let at = 0;
        for (const [verb, count] of todo) {
          if (verb === 'take') {
            const got = await reader.take(count);
            assert.deepEqual(Buffer.from(got), all.subarray(at, at + count));
            at += got.length;
          } else if (verb === 'tryTake') {
            const got = reader.tryTake(count);
            if (got === undefined) continue;
            assert.deepEqual(Buffer.from(got), all.subarray(at, at + count));
            at += count;
          } else {
            const got = await reader.read(count + 1);
            if (got === undefined) assert.equal(at, all.length);
            else {
              assert.ok(got.length >= 1 && got.length <= count + 1);
              assert.deepEqual(Buffer.from(got), all.subarray(at, at + got.length));
              at += got.length;
            }
          }
          assert.equal(reader.offset, at);
        }
        assert.equal(await reader.atEnd(), at === all.length);
      },
    ),
  );
});

test('atEnd takes nothing', async () => {
  const reader = new ByteReader([new Uint8Array(0), Uint8Array.of(1, 2)]);
  assert.equal(await reader.atEnd(), false);
  assert.deepEqual(concatBytes([await reader.take(9)]), Uint8Array.of(1, 2));
  assert.equal(await reader.atEnd(), true);
  assert.equal(await reader.atEnd(), true);
});

test('cancel ends the source once, and not at all when it has ended', async () => {
  let ended = 0;
  function* source(): Generator<Uint8Array> {
    try {
      yield Uint8Array.of(1);
      yield Uint8Array.of(2);
    } finally {
      ended++;
    }
  }
  const reader = new ByteReader(source());
  await reader.take(1);
  await reader.cancel();
  await reader.cancel();
  assert.equal(ended, 1);
  assert.equal(await reader.read(1), undefined);
});

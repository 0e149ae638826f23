import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteReader } from '../../src/bytes/byte-reader.ts';

test('whatever the chunks and whatever is asked for, the bytes come once and in order', async () => {
  const verbs = fc.constantFrom('fill', 'fill', 'take', 'peek', 'skip', 'uint64', 'isZero', 'startsWith');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.constantFrom(0, 0, 1, 255), { maxLength: 20 }), { maxLength: 9 }),
      fc.array(fc.tuple(verbs, fc.nat(24)), { maxLength: 30 }),
      async (chunks, todo) => {
        const all = Buffer.concat(chunks.map((chunk) => Buffer.from(chunk)));
        const reader = new ByteReader(chunks.map((chunk) => Uint8Array.from(chunk)));
        let at = 0;
        for (const [verb, count] of todo) {
          const have = Math.min(count, reader.available);
          if (verb === 'fill') {
            await reader.fill(count);
            assert.ok(reader.available >= Math.min(count, all.length - at));
          } else if (verb === 'peek') {
            assert.deepEqual(Buffer.from(reader.peek(count)), all.subarray(at, at + have));
          } else if (verb === 'take') {
            assert.deepEqual(Buffer.from(reader.take(count)), all.subarray(at, at + have));
            at += have;
          } else if (verb === 'skip') {
            assert.equal(reader.skip(count), have);
            at += have;
          } else if (verb === 'isZero') {
            assert.equal(
              reader.isZero(have),
              all.subarray(at, at + have).every((byte) => byte === 0),
            );
          } else if (verb === 'startsWith') {
            const numbers = Uint32Array.from({ length: 3 }, (_, i) =>
              at + 4 * i + 4 <= all.length ? all.readUInt32LE(at + 4 * i) : 7,
            );
            const known = Math.min(3, Math.floor(reader.available / 4));
            assert.equal(reader.startsWith(numbers, known), true);
            assert.equal(reader.startsWith(numbers), known === 3);
            if (known > 0)
              assert.equal(
                reader.startsWith(
                  numbers.map((n) => n ^ 1),
                  known,
                ),
                false,
              );
          } else if (reader.available >= 8) {
            const value = all.readUInt32LE(at + 4) * 2 ** 32 + all.readUInt32LE(at);
            assert.equal(reader.uint64(), value);
            at += 8;
          }
          assert.equal(reader.offset, at);
        }
      },
    ),
  );
});

test('bytes of one chunk are not copied', async () => {
  const chunk = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const reader = new ByteReader([new Uint8Array(0), Uint8Array.of(0), chunk]);
  await reader.fill(3); // 0 and two bytes of the chunk, joined
  assert.deepEqual(reader.take(3), Uint8Array.of(0, 1, 2));
  await reader.fill(2);
  assert.equal(reader.take(2).buffer, chunk.buffer);
});

test('an absurd length takes the memory of what is there', async () => {
  const reader = new ByteReader([Uint8Array.of(1), Uint8Array.of(2)]);
  const before = process.memoryUsage().arrayBuffers;
  await reader.fill(2 ** 53);
  assert.ok(process.memoryUsage().arrayBuffers - before < 1e6);
  assert.deepEqual(reader.take(9), Uint8Array.of(1, 2));
});

test('two that wait at once get what each asked for', async () => {
  const reader = new ByteReader([1, 2, 3].map((byte) => Uint8Array.of(byte)));
  await Promise.all([reader.fill(1), reader.fill(3)]);
  assert.deepEqual(reader.take(3), Uint8Array.of(1, 2, 3));
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
  await reader.fill(1);
  await reader.cancel();
  await reader.cancel();
  assert.equal(ended, 1);
  await reader.fill(2);
  assert.equal(reader.available, 1);
});

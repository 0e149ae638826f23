import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { coalesce } from '../../src/codec/coalesce.ts';
import { crc32 } from '../../src/codec/crc32.ts';
import { all, assertSame, noise } from './laws.ts';

test('coalesce: the same bytes, in chunks of 64 KiB at least, none empty', async () => {
  const sizes = fc.array(fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 200_000 })), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(sizes, async (lengths) => {
      const chunks = lengths
        .map((length, i) => noise(Math.min(length, 1000), `${i}`))
        .map((bytes, i) => {
          const chunk = new Uint8Array(lengths[i] as number);
          for (let at = 0; at < chunk.length; at += bytes.length)
            chunk.set(bytes.subarray(0, chunk.length - at), at);
          return chunk;
        });
      const source = async function* (): AsyncGenerator<Uint8Array> {
        yield* chunks;
      };
      const joined = await all(coalesce(source()));
      assertSame(Buffer.concat(joined), Buffer.concat(chunks));
      assert.ok(joined.slice(0, -1).every((chunk) => chunk.length >= 65_536));
      assert.ok(joined.every((chunk) => chunk.length > 0));
    }),
  );
});

test('crc32: the check value of the standard, and in parts', () => {
  const bytes = Buffer.from('123456789');
  assert.equal(crc32(bytes), 0xcbf43926);
  assert.equal(crc32(bytes.subarray(4), crc32(bytes.subarray(0, 4))), 0xcbf43926);
  assert.equal(crc32(new Uint8Array(0)), 0);
});

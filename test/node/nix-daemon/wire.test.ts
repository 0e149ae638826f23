import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteReader } from '../../../src/bytes/byte-reader.ts';
import { WireReader } from '../../../src/node/nix-daemon/wire-reader.ts';
import { WireWriter } from '../../../src/node/nix-daemon/wire-writer.ts';
import { str, strs, u64 } from './fake-daemon.ts';

const item = fc.oneof(
  fc.maxSafeNat().map((value) => ({ kind: 'uint64', value }) as const),
  fc.boolean().map((value) => ({ kind: 'bool', value }) as const),
  fc.string({ unit: 'grapheme', maxLength: 50 }).map((value) => ({ kind: 'string', value }) as const),
  fc
    .array(fc.string({ unit: 'grapheme', maxLength: 20 }), { maxLength: 6 })
    .map((value) => ({ kind: 'strings', value }) as const),
);

function write(items: readonly (typeof item extends fc.Arbitrary<infer T> ? T : never)[]): Uint8Array {
  const out = new WireWriter();
  for (const one of items) {
    if (one.kind === 'uint64') out.uint64(one.value);
    else if (one.kind === 'bool') out.bool(one.value);
    else if (one.kind === 'string') out.string(one.value);
    else out.strings(one.value);
  }
  return out.finish();
}

/** `bytes` in pieces of `size`, none of which is a whole answer. */
function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test('what is written is what an independent encoder writes, and is read back from any pieces', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(item), fc.integer({ min: 1, max: 40 }), async (items, size) => {
      const bytes = write(items);
      const parts = items.map((one) => {
        if (one.kind === 'string') return str(one.value);
        return one.kind === 'strings' ? strs(...one.value) : u64(Number(one.value));
      });
      assert.deepEqual(Buffer.from(bytes), Buffer.concat(parts));
      const input = new WireReader(new ByteReader(pieces(bytes, size)));
      for (const { kind, value } of items) assert.deepEqual(await input[kind]('it'), value);
      assert.equal(input.bytes.offset, bytes.length);
    }),
  );
});

test('every prefix of what is expected is a connection that was closed, with its offset', async () => {
  const bytes = write([{ kind: 'strings', value: ['a', 'longer than eight'] }]);
  for (let length = 0; length < bytes.length; length++) {
    const input = new WireReader(new ByteReader(bytes.subarray(0, length)));
    await assert.rejects(input.strings('names'), {
      code: 'ERR_NIX_DAEMON_UNAVAILABLE',
      retryable: true,
      offset: length,
    });
  }
});

for (const [what, bytes, read] of [
  ['a string beyond the limit', u64(65_537), (input) => input.string('x')],
  ['a string of 2^63 bytes', u64(2n ** 63n), (input) => input.string('x')],
  ['a set beyond the limit', u64(2 ** 24 + 1), (input) => input.strings('x')],
  ['a boolean of 2', u64(2), (input) => input.bool('x')],
  ['a size above 2^53', u64(2n ** 53n), (input) => input.size('x')],
  [
    'padding that is not zero',
    Buffer.concat([u64(1), Buffer.from('a\0\0\0\0\0\0b')]),
    (input) => input.string('x'),
  ],
  ['text that is not UTF-8', str(Buffer.from([0xff])), (input) => input.string('x')],
] as [string, Buffer, (input: WireReader) => Promise<unknown>][]) {
  test(`${what} is refused before more is read`, async () => {
    const input = new WireReader(new ByteReader(bytes));
    await assert.rejects(read(input), { code: 'ERR_NIX_DAEMON_PROTOCOL', message: /x/, retryable: false });
  });
}

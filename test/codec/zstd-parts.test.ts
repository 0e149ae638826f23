import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { zstdParts } from '../../src/codec/zstd-parts.ts';
import { assertSame, noise, pieces, text } from './laws.ts';
import { bomb, frame, skippable } from './zstd-frames.ts';

test('zstdParts: every frame to its last byte, however the file is cut', async () => {
  const some = fc.oneof(
    fc.nat({ max: 3000 }).map((length) => zstdCompressSync(text(length))),
    fc
      .uint8Array({ maxLength: 50 })
      .map((raw) => frame([{ raw }, { run: 1, length: 9 }], { size: raw.length + 9 })),
    fc.uint8Array({ maxLength: 50 }).map((payload) => skippable(payload, payload.length % 16)),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(some, { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat({ max: 300 }), { minLength: 1, maxLength: 4 }),
      async (frames, sizes) => {
        const seen: Uint8Array[][] = [];
        for await (const { header, bytes, end } of zstdParts(pieces(Buffer.concat(frames), sizes))) {
          assert.ok(bytes.length > 0);
          if (header !== undefined) seen.push([]);
          seen.at(-1)?.push(new Uint8Array(bytes));
          if (end) assert.ok(seen.length > 0);
        }
        const expected = frames.filter((bytes) => bytes[3] === 0xfd);
        assert.equal(seen.length, expected.length);
        seen.forEach((parts, i) => {
          assertSame(Buffer.concat(parts), expected[i] as Uint8Array);
        });
      },
    ),
    { numRuns: 200 },
  );
});

test('zstdParts: no part may have more content than a little', async () => {
  const file = bomb(64);
  let parts = 0;
  for await (const { bytes } of zstdParts(pieces(file, [file.length]))) {
    parts++;
    assert.ok(bytes.length <= 4 * 9, `${bytes.length / 4} blocks of 128 KiB`);
  }
  assert.ok(parts >= 64);
});

test('zstdParts: headers say what they say', async () => {
  const headers: unknown[] = [];
  const raw = noise(300);
  const files = [
    zstdCompressSync(raw),
    frame([{ raw }]),
    frame([{ raw }], { size: 70_000 }),
    zstdCompressSync(text(70_000)),
    zstdCompressSync('x'),
  ];
  for await (const { header } of zstdParts(pieces(Buffer.concat(files)))) if (header) headers.push(header);
  assert.deepEqual(
    headers,
    [300, undefined, 70_000, 70_000, 1].map((contentSize) => ({ contentSize, checksum: false })),
  );
});

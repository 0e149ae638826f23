import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, createZstdCompress, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { collect } from '../../../src/bytes/stream.ts';
import { zstdDecoder } from '../../../src/codec/zstd-decoder.ts';
import { zstd, zstdCodec } from '../../../src/node/codec/zstd.ts';
import {
  assertRefused,
  assertSame,
  codecLaws,
  decoderLaws,
  noise,
  pieces,
  takenAhead,
  text,
  through,
} from '../../codec/laws.ts';
import { frame, skippable } from '../../codec/zstd-frames.ts';
import { zstdLaws } from '../../codec/zstd-laws.ts';
import { pipe, without } from './programs.ts';

const MiB = 1024 * 1024;
const checksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };

/** One frame that does not say how much it holds, as current streams and old Nix write it. */
async function streamed(content: Uint8Array): Promise<Uint8Array> {
  const engine = createZstdCompress(checksum);
  for await (const piece of pieces(content)) engine.write(Buffer.from(piece));
  return await collect(engine.end());
}

codecLaws('zstd', zstd);
codecLaws('zstd in small frames', zstdCodec({ frameSize: 10_000, parallel: 3, level: 1, seekTable: false }));
decoderLaws('zstd', zstd, {
  samples: async () => [
    {
      file: zstdCompressSync('hello hello hello hello hello', checksum),
      content: Buffer.from('hello hello hello hello hello'),
    },
    { file: zstdCompressSync('', checksum), content: new Uint8Array(0) },
    { file: await streamed(text(2_000_000)), content: text(2_000_000) },
    { file: zstdCompressSync(text(17 * MiB)), content: text(17 * MiB) },
    { file: zstdCompressSync(noise(500_000)), content: noise(500_000) },
  ],
});
decoderLaws('zstd, a frame without size', zstd, {
  samples: async () => [
    { file: await streamed(Buffer.from('hello hello')), content: Buffer.from('hello hello') },
    { file: await streamed(noise(500_000)), content: noise(500_000) },
  ],
});
zstdLaws('zstd', zstd, 1024);

test('zstd: frames of all kinds in any order keep their order', async () => {
  const kinds = [
    (content: Uint8Array) => zstdCompressSync(content),
    (content: Uint8Array) => frame([{ raw: content }]),
    (content: Uint8Array) => Buffer.concat([skippable(content), zstdCompressSync(content, checksum)]),
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat({ max: 2 }), fc.uint8Array({ maxLength: 300 })), {
        minLength: 1,
        maxLength: 40,
      }),
      fc.array(fc.nat({ max: 500 }), { minLength: 1, maxLength: 4 }),
      async (frames, sizes) => {
        const file = Buffer.concat(frames.map(([kind, content]) => kinds[kind]?.(content) ?? content));
        const content = Buffer.concat(frames.map((entry) => entry[1]));
        assertSame(await through(zstdCodec({ parallel: 3 }).decompress, file, sizes), content);
        assertSame(await through(zstdDecoder.decompress, file, sizes), content);
      },
    ),
    { numRuns: 50 },
  );
});

test('zstd: what is written has sizes, checksums and a seek table', async () => {
  const content = text(250_000);
  const file = Buffer.from(await through(zstdCodec({ frameSize: 100_000 }).compress, content));
  const footer = file.subarray(-9);
  assert.equal(footer.readUInt32LE(0), 3, 'frames in the table');
  assert.equal(footer.readUInt32LE(5), 0x8f92eab1);
  const table = file.subarray(-9 - 3 * 8 - 8);
  assert.equal(table.readUInt32LE(0), 0x184d2a5e);
  assert.equal(table.readUInt32LE(4), table.length - 8);
  for (let i = 0, at = 0, from = 0; i < 3; i++) {
    const length = table.readUInt32LE(8 + 8 * i);
    const size = table.readUInt32LE(12 + 8 * i);
    assert.equal((file[at + 4] as number) & 0b100, 0b100, 'a checksum');
    assert.ok(((file[at + 4] as number) & 0b1110_0000) !== 0, 'a content size');
    const part = await through(zstd.decompress, file.subarray(at, at + length));
    assertSame(part, content.subarray(from, from + size), `frame ${i}`);
    at += length;
    from += size;
    if (i === 2) assert.deepEqual([at, from], [file.length - table.length, content.length]);
  }
  const bare = await through(zstdCodec({ frameSize: 100_000, seekTable: false }).compress, content);
  assertSame(bare, file.subarray(0, file.length - table.length));
  const single = await through(zstd.compress, content);
  assert.notEqual(Buffer.from(single).readUInt32LE(single.length - 4), 0x8f92eab1, 'a table for one frame');
});

test('zstd: corruption in one of many frames is found, after what is before it', async () => {
  const content = noise(1_000_000);
  const file = await through(zstdCodec({ frameSize: 100_000 }).compress, content);
  file[550_000] = (file[550_000] as number) ^ 1;
  let length = 0;
  await assert.rejects(
    async () => {
      for await (const chunk of zstd.decompress(pieces(file))) {
        assertSame(chunk, content.subarray(length, length + chunk.length));
        length += chunk.length;
      }
    },
    { code: 'ERR_COMPRESSED_DATA' },
  );
  assert.equal(length, 500_000);
});

test('zstd: a frame longer than its content has any reason to be is not collected', async () => {
  const nothing = { raw: new Uint8Array(0) };
  const blocks = Array.from({ length: 150_000 }, () => nothing);
  const content = noise(1000);
  assertSame(await through(zstd.decompress, frame([...blocks, { raw: content }], { size: 1000 })), content);
  await assertRefused(zstd, frame(blocks, { size: 1000 }), 'less than declared');
});

test('zstd: large frames are not all decompressed at once, whatever `parallel` says', async () => {
  const runs = new Array(63).fill({ run: 0, length: 128 * 1024 });
  const one = frame([{ raw: noise(128 * 1024) }, ...runs], { size: 8 * MiB });
  assert.ok((await takenAhead(zstdCodec({ parallel: 100 }).decompress, one)) < 8 * one.length);
});

test('zstd: levels, and options that are none', async () => {
  const content = text(500_000);
  const fast = await through(zstdCodec({ level: 1 }).compress, content);
  const small = await through(zstdCodec({ level: 15 }).compress, content);
  assert.ok(small.length < fast.length);
  for (const options of [
    { level: 0 },
    { level: 23 },
    { frameSize: 0 },
    { frameSize: 2 ** 28 },
    { parallel: 0 },
  ]) {
    assert.throws(() => zstdCodec(options), { name: 'RangeError', message: /must be an integer/ });
  }
  assert.throws(() => zstdCodec({ framesize: 1 } as object), { name: 'TypeError', message: /'frameSize'/ });
});

test('zstd: the program agrees', { skip: without('zstd') }, async () => {
  const content = text(1_500_000);
  const codec = zstdCodec({ frameSize: 400_000 });
  const file = await through(codec.compress, content);
  assertSame(await pipe(file, 'zstd', '-dc'), content);
  await pipe(await through(codec.compress, new Uint8Array(0)), 'zstd', '-t');
  for (const args of [['-1'], ['-12', '--long=27'], ['--no-check'], ['--format=zstd', '-T2', '-B1MiB']]) {
    const theirs = await pipe(content, 'zstd', '-c', ...args);
    assertSame(await through(zstd.decompress, theirs), content, args.join(' '));
    assertSame(await through(zstdDecoder.decompress, theirs), content, `fzstd, ${args.join(' ')}`);
  }
  const long = await pipe(noise(MiB), 'zstd', '-c', '--long=31');
  await assert.rejects(through(zstd.decompress, long), { code: 'ERR_UNSUPPORTED' });
});

test('zstd: 64 MiB there and back without holding them', async () => {
  let taken = 0;
  let held = 0;
  const source = async function* (): AsyncGenerator<Uint8Array> {
    const kinds = Array.from({ length: 7 }, (_, i) => noise(65_536, `${i}`));
    for (let i = 0; i < 1024; i++) {
      taken += 65_536;
      yield kinds[i % 7] as Uint8Array;
    }
  };
  let given = 0;
  for await (const chunk of zstd.decompress(zstdCodec({ frameSize: MiB, parallel: 3 }).compress(source()))) {
    given += chunk.length;
    held = Math.max(held, taken - given);
  }
  assert.equal(given, 64 * MiB);
  assert.ok(held <= 16 * MiB, `${held >> 20} MiB between source and reader`);
  const codec = zstdCodec({ frameSize: 100_000, parallel: 2 });
  assert.ok((await takenAhead(codec.compress, noise(MiB))) <= 400_000);
});

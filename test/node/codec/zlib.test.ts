/** gzip and brotli by node:zlib. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  createBrotliCompress,
  createGzip,
} from 'node:zlib';
import { collect } from '../../../src/bytes/stream.ts';
import { gzip as portableGzip } from '../../../src/codec/gzip.ts';
import { brotli, brotliCodec } from '../../../src/node/codec/brotli.ts';
import { nodeGzip, nodeGzipCodec } from '../../../src/node/codec/gzip.ts';
import { gzipSamples } from '../../codec/gzip-samples.ts';
import {
  assertSame,
  codecLaws,
  decoderLaws,
  noise,
  pieces,
  takenAhead,
  text,
  through,
} from '../../codec/laws.ts';
import { pipe, without } from './programs.ts';

codecLaws('native gzip', nodeGzip);
decoderLaws('native gzip', nodeGzip, { samples: gzipSamples });
codecLaws('br', brotli);
decoderLaws('br', brotli, {
  concatenates: false,
  checksummed: false,
  samples: async () => [
    { file: brotliCompressSync('hello hello hello'), content: Buffer.from('hello hello hello') },
    { file: brotliCompressSync(''), content: new Uint8Array(0) },
    { file: await through(brotli.compress, text(1_000_000)), content: text(1_000_000) },
    { file: await through(brotli.compress, noise(500_000)), content: noise(500_000) },
  ],
});

test('native gzip and the portable one are one format under one name', async () => {
  const content = text(500_000);
  assert.deepEqual([nodeGzip.name, nodeGzip.extension], [portableGzip.name, portableGzip.extension]);
  assertSame(await through(portableGzip.decompress, await through(nodeGzip.compress, content)), content);
  assertSame(await through(nodeGzip.decompress, await through(portableGzip.compress, content)), content);
});

test('gzip: the program agrees', { skip: without('gzip') }, async () => {
  const content = text(700_000);
  for (const codec of [nodeGzip, portableGzip]) {
    assertSame(await pipe(await through(codec.compress, content), 'gzip', '-dc'), content);
    assertSame(await through(codec.decompress, await pipe(content, 'gzip', '-c9')), content);
  }
});

test('br: the program agrees', { skip: without('brotli') }, async () => {
  const content = text(700_000);
  assertSame(await pipe(await through(brotli.compress, content), 'brotli', '-dc'), content);
  assertSame(
    await through(brotli.decompress, await pipe(content, 'brotli', '-c', '-q', '7', '-w', '24')),
    content,
  );
});

test('what follows the end is refused at once, however much it is', { timeout: 20_000 }, async () => {
  for (const codec of [nodeGzip, brotli, portableGzip]) {
    const file = await through(codec.compress, text(1000));
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      yield file;
      for (;;) yield new Uint8Array(10_000);
    };
    await assert.rejects(collect(codec.decompress(endless())), { code: 'ERR_COMPRESSED_DATA' }, codec.name);
  }
});

test('levels matter and are checked', async () => {
  const content = text(200_000);
  const size = async (codec: typeof brotli) => (await through(codec.compress, content)).length;
  assert.ok((await size(brotliCodec({ level: 9 }))) < (await size(brotliCodec({ level: 0 }))));
  assert.ok((await size(nodeGzipCodec({ level: 9 }))) < (await size(nodeGzipCodec({ level: 1 }))));
  assert.throws(() => brotliCodec({ level: 12 }), { name: 'RangeError', message: /0 to 11; got 12/ });
  assert.throws(() => brotliCodec({ quality: 1 } as object), TypeError);
  assert.throws(() => nodeGzipCodec({ level: 10 as 9 }), RangeError);
  assert.equal(brotliDecompressSync(await through(brotli.compress, content)).length, content.length);
});

test('bombs and slow readers: memory stays bounded', async () => {
  for (const [codec, make] of [
    [nodeGzip, createGzip()],
    [portableGzip, createGzip()],
    [brotli, createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 3 } })],
  ] as const) {
    const zeros = new Uint8Array(1024 * 1024);
    for (let i = 0; i < 128; i++) make.write(zeros);
    const bomb = await collect(make.end());
    const before = process.memoryUsage().rss;
    let peak = before;
    let length = 0;
    for await (const chunk of codec.decompress(pieces(bomb))) {
      length += chunk.length;
      peak = Math.max(peak, process.memoryUsage.rss());
    }
    assert.equal(length, 128 * 1024 * 1024);
    assert.ok(peak - before < 150 * 1024 * 1024, `${codec.name}: ${(peak - before) >> 20} MiB more`);
  }
  assert.ok((await takenAhead(nodeGzip.compress, noise(1_000_000))) < 1_000_000);
  // Brotli gathers up to its window, 16 MiB, before it writes.
  assert.ok((await takenAhead(brotli.compress, noise(1_000_000))) < 40_000_000);
  for (const codec of [nodeGzip, brotli]) {
    const file = await through(codec.compress, noise(4_000_000));
    assert.ok((await takenAhead(codec.decompress, file)) < 1_000_000, codec.name);
  }
});

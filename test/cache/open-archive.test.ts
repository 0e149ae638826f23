/** Single files out of compressed NARs: that they are right, and what they cost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { collect } from 'narkit';
import { BinaryCache, listingKey, type OpenArchiveOptions, openArchive } from 'narkit/cache';
import { type Codec, type Decoder, none, zstdDecoder } from 'narkit/codec';
import { createHandler } from 'narkit/handler';
import { writeNar } from 'narkit/nar';
import { FileStore, nodeCodecs, nodeGzip, xz, zstd, zstdCodec } from 'narkit/node';
import { HttpStore, MemoryStore } from 'narkit/store';
import { printSeekTable } from '../../src/codec/seek-table.ts';
import { frame } from '../codec/zstd-frames.ts';
import { assertSeekable, FRAME, narOf, openCounted, publishNar } from '../support/archive.ts';
import { listen } from '../support/serve.ts';
import { tempDir } from '../support/temp.ts';
import {
  assertSample,
  changing,
  FRAMES,
  files,
  framedFile,
  listing,
  nar,
  open,
  rangeless,
  stored,
  withoutFileSize,
} from './archives.ts';

test('one file costs the listing and two small ranges: in memory', () => assertSeekable(new MemoryStore()));

test('one file costs the listing and two small ranges: on disk', async (t) => {
  await assertSeekable(new FileStore(await tempDir(t)));
});

test('one file costs the listing and two small ranges: over HTTP', async (t) => {
  const url = await listen(t, createHandler(new MemoryStore(), { write: true }));
  await assertSeekable(new HttpStore(url));
});

test('law: any part of any file is that part, whatever the frames and the decoder', async () => {
  const small = new Map([...files].slice(45, 55));
  const bytes = await narOf(small);
  const frameSizes = fc.integer({ min: 3000, max: 400_000 });
  const part = fc.tuple(fc.constantFrom(...small.keys()), fc.nat(180_000), fc.nat(180_000));
  await fc.assert(
    fc.asyncProperty(
      frameSizes,
      fc.array(part, { minLength: 1 }),
      fc.constantFrom<Decoder>(zstd, zstdDecoder),
      async (frameSize, parts, decoder) => {
        const store = new MemoryStore();
        const info = await publishNar(store, bytes, zstdCodec({ frameSize, level: 1 }));
        const archive = await open({ store, info }, {}, [decoder]);
        for (const [name, offset, length] of parts) {
          const read = await archive.readBytes(name, { offset, length });
          assert.deepEqual(read, small.get(name)?.slice(offset, offset + length));
          // What was handed out is the receiver's: it may write to it.
          read?.fill(0);
        }
      },
    ),
    { numRuns: 20 },
  );
});

test('the tree is read in order without asking twice for a frame', async () => {
  const { store, info } = await stored(framedFile);
  const { archive, counted } = await openCounted(store, info);
  assert.deepEqual(await collect(writeNar(archive.entries())), nar);
  const ranges = counted.take();
  assert.ok(ranges.length <= FRAMES, `${ranges.length} requests for ${FRAMES} frames`);
  assert.ok(ranges.reduce((sum, { bytes }) => sum + bytes, 0) < framedFile.length);
});

test('without FileSize the server is asked for it', async () => {
  const { store, info } = await stored(framedFile);
  const { archive, counted, opening } = await openCounted(store, withoutFileSize(info));
  assert.deepEqual(
    opening.slice(1).map(({ range }) => range),
    [
      { start: 0, end: 0 },
      { start: framedFile.length - 65_536, end: framedFile.length - 1 },
    ],
  );
  await assertSample(archive);
  assert.equal(counted.take().length, 3);
});

test('a table above 64 KiB takes a second request', async () => {
  const size = 300;
  const parts = Array.from({ length: Math.ceil(nar.length / size) }, (_, i) =>
    nar.slice(i * size, (i + 1) * size),
  );
  const made = parts.map((raw) => frame([{ raw }]));
  const table = printSeekTable(made.map(({ length }, i) => [length, parts[i]?.length ?? 0]));
  assert.ok(table.length > 65_536);
  const { store, info } = await stored(Buffer.concat([...made, table]));
  const { archive, counted, opening } = await openCounted(store, info);
  assert.equal(opening.length, 3);
  assert.equal(opening[2]?.bytes, table.length);
  await assertSample(archive);
  assert.equal(counted.take().length, 3);
});

for (const codec of [
  none,
  nodeGzip,
  xz,
  zstdCodec({ frameSize: FRAME, seekTable: false }),
] satisfies Codec[]) {
  test(`any compression gives the same bytes: ${codec.name}`, async () => {
    const store = new MemoryStore();
    const info = await publishNar(store, nar, codec);
    await assertSample(await open({ store, info }));
    await assertSample(await open({ store: rangeless(store), info }));
  });
}

test('plain zstd, one frame', async () => assertSample(await open(await stored(zstdCompressSync(nar)))));

test('a server without ranges: the bytes are right, and the cost is bounded', async () => {
  const { store, info } = await stored(framedFile);
  await assertSample(await open({ store: rangeless(store), info }));
  await assertSample(await open({ store: rangeless(store), info: withoutFileSize(info) }));
  await assertSample(await open({ store: rangeless(store, 1), info }));
  await assertSample(await open({ store: rangeless(store), info }, { streamLimit: nar.length }));
  const streamLimit = nar.length - 1;
  const code = 'ERR_UNSUPPORTED';
  await assert.rejects(open({ store: rangeless(store), info }, { streamLimit }), { code });
  await assertSample(await open({ store, info }, { streamLimit }));
  const plain = await publishNar(store, nar, none);
  const archive = await open({ store: rangeless(store), info: plain }, { streamLimit });
  await assert.rejects(archive.readBytes('f299'), { code });
  await assertSample(await open({ store, info: plain }, { streamLimit }));
});

test('nothing is read beyond the file, and what is left is let go of', async () => {
  const { store, info } = await stored(framedFile);
  let bytes = 0;
  let opened = 0;
  const slow = changing(store, ({ body }) => {
    opened++;
    const pieces = inPieces(body);
    return {
      body: new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            const { done, value } = await pieces.next();
            if (!done) return controller.enqueue(value);
            opened--;
            controller.close();
          },
          cancel() {
            opened--;
          },
        },
        { highWaterMark: 0 },
      ),
    };
  });
  async function* inPieces(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      for (let at = 0; at < chunk.length; at += 1000) {
        const piece = chunk.slice(at, at + 1000);
        bytes += piece.length;
        yield piece;
      }
    }
  }
  for (const source of [slow, changing(slow, () => ({ range: undefined }) as never)]) {
    const archive = await open({ store: source, info }, { listing });
    bytes = 0;
    const reader = archive.readFile('f050')?.getReader() ?? assert.fail();
    await reader.read();
    assert.equal(opened, 1);
    await reader.cancel();
    assert.equal(opened, 0);
    assert.deepEqual(await archive.readBytes('f003'), files.get('f003'));
    assert.equal(opened, 0);
    assert.ok(bytes > 0 && bytes < framedFile.length / 2, `${bytes} of ${framedFile.length}`);
  }
});

test('chunks belong to whoever receives them', async () => {
  const archive = await open(await stored(framedFile));
  for (const name of ['f001', 'f002', 'f001', 'f002']) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of archive.readFile(name) ?? assert.fail()) {
      chunks.push(chunk.slice());
      chunk.fill(0);
    }
    assert.deepEqual(await collect(chunks), files.get(name));
  }
});

test('no listing, none of ours, no NAR, no decoder, no such option', async () => {
  const { store, info } = await stored(framedFile);
  const cache = new BinaryCache(store, { decoders: nodeCodecs });
  await assert.rejects(openArchive(new BinaryCache(store), info), { code: 'ERR_UNSUPPORTED' });
  await assert.rejects(openArchive(cache, { ...info, url: 'nar/y' }), { code: 'ERR_MISSING_NAR' });
  await assert.rejects(openArchive(cache, info, { limit: 1 } as OpenArchiveOptions), TypeError);
  await store.delete(listingKey(info.storePath));
  assert.equal(await openArchive(cache, info), undefined);
  await assertSample(await open({ store, info }, { listing }));
});

test('aborting ends opening and reading', async () => {
  const { store, info } = await stored(framedFile);
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  await assert.rejects(open({ store, info }, { signal }), reason);
  await assert.rejects((await open({ store, info })).readBytes('f000', { signal }), reason);
});

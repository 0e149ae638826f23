/** Single files out of NARs that are damaged, exchanged, or lied about. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from 'narkit';
import type { Decoder } from 'narkit/codec';
import { zstdCodec } from 'narkit/node';
import { MemoryStore } from 'narkit/store';
import { through } from '../codec/laws.ts';
import { framed, narOf, publishNar } from '../support/archive.ts';
import {
  assertSample,
  changing,
  FRAMES,
  files,
  framedFile,
  nar,
  open,
  stored,
  TABLE,
  withoutFileSize,
  withTable,
} from './archives.ts';

test('frames too large to be held are streamed, and checked at their end', async () => {
  const body = new Uint8Array(40 * 1024 * 1024);
  body.fill(7, 20 * 1024 * 1024);
  const large = await narOf(new Map([['f', body]]));
  const store = new MemoryStore();
  const info = await publishNar(store, large, zstdCodec({ frameSize: 17 * 1024 * 1024 }));
  const archive = await open({ store, info });
  const offset = 20 * 1024 * 1024 - 5;
  const part = await archive.readBytes('f', { offset, length: 10 });
  assert.deepEqual(part, Uint8Array.of(0, 0, 0, 0, 0, 7, 7, 7, 7, 7));
  // The sizes of the first two frames, a byte from one to the other.
  const file = Buffer.from(await collect((await store.get(info.url))?.body ?? assert.fail()));
  file.writeUInt32LE(file.readUInt32LE(file.length - 9 - 20) + 1, file.length - 9 - 20);
  file.writeUInt32LE(file.readUInt32LE(file.length - 9 - 12) - 1, file.length - 9 - 12);
  await store.put(info.url, file);
  for (const at of [0, offset]) {
    const lying = (await open({ store, info })).readFile('f', { offset: at, length: 1 }) ?? assert.fail();
    await assert.rejects(lying.getReader().read(), { code: 'ERR_COMPRESSED_DATA' });
  }
});

test('a frame without end is not read without end', async () => {
  const endless: Decoder = {
    name: 'zstd',
    async *decompress() {
      for (;;) yield new Uint8Array(10_000);
    },
  };
  const archive = await open(await stored(framedFile), {}, [endless]);
  await assert.rejects(archive.readBytes('f000'), { code: 'ERR_COMPRESSED_DATA' });
});

test('a store that says less, or something else, than it should', async () => {
  const { store, info } = await stored(framedFile);
  const silent = changing(store, () => ({ size: undefined, etag: undefined }) as never);
  await assertSample(await open({ store: silent, info }));
  await assertSample(await open({ store: silent, info: withoutFileSize(info) }));
  const fileSize = framedFile.length + 1;
  await assert.rejects(open({ store: silent, info: { ...info, fileSize } }), { code: 'ERR_SIZE_MISMATCH' });
  const shifted = changing(store, ({ range }) =>
    range === undefined ? {} : { range: { ...range, start: range.start + 1 } },
  );
  await assert.rejects(open({ store: shifted, info }), { code: 'ERR_STORE_FAILED' });
});

test('what cannot be used as a table is as good as none', async () => {
  const cases: [string, Buffer][] = [
    ['cut off', framedFile.subarray(0, -TABLE)],
    ['another version', withTable((table) => table.writeUInt8(0b100, TABLE - 5))],
    ['too many frames', withTable((table) => table.writeUInt32LE(2 ** 32 - 1, TABLE - 9))],
    ['more frames', withTable((table) => table.writeUInt32LE(FRAMES + 1, TABLE - 9))],
    ['garbage', withTable((table) => table.fill(0x55, 8))],
  ];
  for (const [what, file] of cases) {
    const sample = await stored(file);
    await assertSample(await open(sample));
    await assert.rejects(open(sample, { streamLimit: 1000 }), { code: 'ERR_UNSUPPORTED' }, what);
  }
});

test('a file that is not the one of the narinfo', async () => {
  const wrong = { code: 'ERR_SIZE_MISMATCH' };
  for (const fileSize of [framedFile.length - 1, framedFile.length + 1, 65_536, 1])
    await assert.rejects(open(await stored(framedFile, { fileSize })), wrong, `${fileSize}`);
  await assert.rejects(open(await stored(framedFile, { fileSize: 2 * framedFile.length })), {
    code: 'ERR_STORE_FAILED',
    status: 416,
  });
  await assert.rejects(
    open(await stored(framedFile.subarray(0, -5), { fileSize: framedFile.length })),
    wrong,
  );
  const other = await through(framed.compress, nar.subarray(8));
  await assert.rejects(open(await stored(other)), wrong);
});

test('a table of another file, or one that lies', async () => {
  const corrupt = { code: 'ERR_COMPRESSED_DATA' };
  const add = (table: Buffer, at: number, n: number) => table.writeUInt32LE(table.readUInt32LE(at) + n, at);
  const sum = await stored(withTable((table) => add(table, 8, 1)));
  await assert.rejects(open(sum), corrupt, 'compressed sizes do not fill the file');
  const content = await stored(withTable((table) => add(table, 12, 1)));
  await assert.rejects(open(content), { code: 'ERR_SIZE_MISMATCH' }, 'contents do not make up the NAR');
  // Sums that are right: frame 0 is lied about at the cost of frame 1.
  for (const at of [8, 12]) {
    for (const by of [1, -1]) {
      const lie = await stored(
        withTable((table) => {
          add(table, at, by);
          add(table, at + 8, -by);
        }),
      );
      const archive = await open(lie);
      await assert.rejects(archive.readBytes('f000'), corrupt, `${at} ${by}`);
      await assert.rejects(archive.readBytes('f007'), corrupt, `${at} ${by}`);
      assert.deepEqual(await archive.readBytes('f299'), files.get('f299'));
    }
  }
  // Frames that are all there, in the sizes that they have, of another NAR of that size.
  const another = Buffer.from(nar).reverse();
  const file = await through(framed.compress, another);
  await assert.rejects((await open(await stored(file))).readBytes('f007'), { code: 'ERR_NAR_LISTING' });
});

test('damage in a frame is found before any byte of it is handed out, and hurts no other', async () => {
  const file = Buffer.from(framedFile);
  const table = file.subarray(-TABLE);
  let at = 0;
  for (let i = 0; i < 2; i++) at += table.readUInt32LE(8 + 8 * i);
  // In the middle of the third frame: behind what is wanted, or before it.
  at += table.readUInt32LE(24) >> 1;
  file[at] = (file[at] as number) ^ 1;
  const archive = await open(await stored(file));
  for (const name of ['f011', 'f013']) {
    const stream = archive.readFile(name) ?? assert.fail();
    await assert.rejects(stream.getReader().read(), { code: 'ERR_COMPRESSED_DATA' }, name);
  }
  await assertSample(archive);
});

test('an object that is replaced meanwhile is noticed', async () => {
  for (const file of [framedFile, nar]) {
    const sample = await stored(file, file === nar ? { compression: 'none' } : {});
    const archive = await open(sample);
    assert.deepEqual(await archive.readBytes('f000'), files.get('f000'));
    await sample.store.put('nar/x', file);
    await assert.rejects(archive.readBytes('f299'), { code: 'ERR_STORE_FAILED', retryable: false });
    await sample.store.delete('nar/x');
    await assert.rejects(archive.readBytes('f299'), { code: 'ERR_MISSING_NAR' });
  }
});

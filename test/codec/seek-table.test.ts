import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type FrameSizes,
  frameAt,
  parseSeekTable,
  printSeekTable,
  seekTableLength,
} from '../../src/codec/seek-table.ts';

const SIZES: FrameSizes[] = [
  [100, 1000],
  [7, 0],
  [200, 2000],
];
const FILE = 307;

/** A table with one byte, counted from the end if negative, replaced. */
function changed(at: number, byte: number, table: Uint8Array = printSeekTable(SIZES)): Uint8Array {
  const copy = table.slice();
  copy[at < 0 ? at + copy.length : at] = byte;
  return copy;
}

function parse(table: Uint8Array, file = FILE): ReturnType<typeof parseSeekTable> {
  return parseSeekTable(table, file + table.length);
}

test('law: what is printed is read, at the end of any bytes', () => {
  const size = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  fc.assert(
    fc.property(fc.array(fc.tuple(size, size)), fc.uint8Array(), (sizes, before) => {
      const table = printSeekTable(sizes);
      const file = sizes.reduce((sum, [compressed]) => sum + compressed, 0);
      const tail = Buffer.concat([before, table]);
      assert.equal(seekTableLength(tail, file + table.length), table.length);
      const read = parseSeekTable(tail, file + table.length) ?? assert.fail();
      assert.equal(read.frames, sizes.length);
      sizes.forEach(([compressed, content], i) => {
        assert.equal((read.offsets[i + 1] as number) - (read.offsets[i] as number), compressed);
        assert.equal((read.contents[i + 1] as number) - (read.contents[i] as number), content);
      });
    }),
  );
});

test('law: the frame of a byte holds it', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1 });
  fc.assert(
    fc.property(sizes, (contents) => {
      const table = printSeekTable(contents.map((content) => [1, content]));
      const read = parse(table, contents.length) ?? assert.fail();
      const holders = contents.flatMap((content, i) => new Array<number>(content).fill(i));
      holders.forEach((frame, at) => {
        assert.equal(frameAt(read, at), frame);
      });
    }),
  );
});

test('a table by other hands: with checksums, and with unused bits', () => {
  const table = Buffer.alloc(8 + 2 * 12 + 9, 0xee);
  table.writeUInt32LE(0x184d2a5e, 0);
  table.writeUInt32LE(table.length - 8, 4);
  for (const [at, size] of [
    [8, 100],
    [12, 1000],
    [20, 200],
    [24, 2000],
  ] as const)
    table.writeUInt32LE(size, at);
  table.writeUInt32LE(2, table.length - 9);
  table.writeUInt8(0b1000_0011, table.length - 5);
  table.writeUInt32LE(0x8f92eab1, table.length - 4);
  assert.deepEqual([...(parse(table, 300)?.contents ?? [])], [0, 1000, 3000]);
});

test('what is no table, or none for us, is undefined', () => {
  const table = printSeekTable(SIZES);
  const cases: [string, Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['less than a footer', table.subarray(-8)],
    ['another magic at the end', changed(-1, 0x8e)],
    ['cut short', table.subarray(0, -1)],
    ['another skippable frame', changed(0, 0x5d)],
    ['a skippable frame of another length', changed(4, 34)],
    ['more frames than there are', changed(-9, 4)],
    ['fewer frames than there are', changed(-9, 2)],
    ['four thousand million frames', changed(-6, 0xff)],
    ['entries of another length', changed(-5, 0b1000_0000)],
    ['a reserved bit', changed(-5, 0b0000_0100)],
    ['the highest reserved bit', changed(-5, 0b0100_0000)],
    ['less than the table', table.subarray(1)],
  ];
  for (const [what, tail] of cases) assert.equal(parse(tail, 10 ** 12), undefined, what);
  assert.equal(seekTableLength(changed(-6, 0xff), 10 ** 12), undefined, 'too large a table');
  assert.equal(seekTableLength(table, table.length - 1), undefined, 'a table longer than its file');
});

test('a table of another file is refused', () => {
  assert.ok(parse(printSeekTable(SIZES)));
  for (const [file, table] of [
    [FILE + 1, printSeekTable(SIZES)],
    [FILE - 1, printSeekTable(SIZES)],
    [FILE, changed(8, 101)],
    [FILE, changed(11, 0x7f)],
  ] as const) {
    assert.throws(() => parse(table, file), { name: 'IntegrityError', code: 'ERR_COMPRESSED_DATA' });
  }
});

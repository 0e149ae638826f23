import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareNames, decodeName, encodeName } from '../../src/nar/name.ts';

const odd = fc.constantFrom(
  0x61,
  0x7f,
  0x80,
  0x8f,
  0x9f,
  0xa0,
  0xbf,
  0xc0,
  0xc1,
  0xc3,
  0xdf,
  0xe0,
  0xed,
  0xef,
  0xf0,
  0xf4,
  0xf5,
  0xff,
);
const byteStrings = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc.array(odd, { maxLength: 12 }).map((bytes) => Uint8Array.from(bytes)),
  fc
    .tuple(fc.string({ unit: 'binary', maxLength: 6 }), odd)
    .map(([text, byte]) => Uint8Array.of(...Buffer.from(text), byte)),
);

test('what is UTF-8 reads as usual, a byte order mark and NUL included', () => {
  for (const text of [
    '',
    'a',
    'é',
    '€',
    '\u{1F600}',
    '\uFEFFa',
    'a\0',
    '\uD7FF\uE000\uFFFF',
    '\u{10FFFF}',
    'a\u0302',
  ]) {
    assert.equal(decodeName(Buffer.from(text)), text);
    assert.deepEqual(Buffer.from(encodeName(text)), Buffer.from(text));
  }
});

test('every byte that is not becomes one lone surrogate', () => {
  for (const [bytes, text] of [
    [[0xff], '\udcff'],
    [[0x61, 0x80, 0x62], 'a\udc80b'],
    [[0xc3], '\udcc3'], // truncated
    [[0xe2, 0x82], '\udce2\udc82'],
    [[0xe2, 0x82, 0x61], '\udce2\udc82a'],
    [[0xf0, 0x9f, 0x98], '\udcf0\udc9f\udc98'],
    [[0xc0, 0x80], '\udcc0\udc80'], // overlong
    [[0xe0, 0x80, 0x80], '\udce0\udc80\udc80'],
    [[0xed, 0xa0, 0x80], '\udced\udca0\udc80'], // an encoded surrogate
    [[0xed, 0xb2, 0x80], '\udced\udcb2\udc80'], // U+DC80 itself, encoded
    [[0xf4, 0x90, 0x80, 0x80], '\udcf4\udc90\udc80\udc80'], // above U+10FFFF
    [[0xc3, 0xa9, 0xff, 0xc3, 0xa9], 'é\udcffé'],
    [[0xf0, 0x9f, 0x98, 0x80, 0x80], '\u{1F600}\udc80'],
    [[0xe2, 0xe2, 0x82, 0xac], '\udce2€'],
  ] as const) {
    assert.equal(decodeName(Uint8Array.from(bytes)), text);
    assert.deepEqual(encodeName(text), Uint8Array.from(bytes));
  }
});

test('a lone surrogate that stands for no byte has no bytes', () => {
  for (const name of ['\ud800', '\udbff', '\udc00', '\udc7f', '\udd00', '\udfff', 'a\ud800b']) {
    assert.throws(() => encodeName(name), RangeError, JSON.stringify(name));
  }
});

test('law: encode(decode(bytes)) = bytes, and different bytes decode to different names', () => {
  fc.assert(
    fc.property(byteStrings, byteStrings, (a, b) => {
      assert.deepEqual(encodeName(decodeName(a)), a);
      assert.equal(decodeName(a) === decodeName(b), Buffer.compare(a, b) === 0);
    }),
    { numRuns: 1000 },
  );
});

test('law: compareNames is the order of the bytes', () => {
  fc.assert(
    fc.property(byteStrings, byteStrings, (a, b) => {
      assert.equal(Math.sign(compareNames(decodeName(a), decodeName(b))), Buffer.compare(a, b));
    }),
    { numRuns: 1000 },
  );
  // UTF-16 order differs: U+1F600 begins with a surrogate, which is below U+FFFF.
  assert.ok(compareNames('\uFFFF', '\u{1F600}') < 0 && '\uFFFF' > '\u{1F600}');
  assert.ok(compareNames('B', 'a') < 0);
  assert.ok(compareNames('a', 'a-') < 0);
  assert.ok(compareNames('\udc80', 'é') < 0);
  assert.ok(compareNames('\udcff', '\u{10FFFF}') > 0);
});

test('a megabyte of bytes that are not UTF-8 takes no longer than other names', () => {
  const hostile = new Uint8Array(1_000_000).fill(0xff);
  const began = performance.now();
  assert.deepEqual(encodeName(decodeName(hostile)), hostile);
  const took = performance.now() - began;
  assert.ok(took < 2000, `${took} ms`);
});

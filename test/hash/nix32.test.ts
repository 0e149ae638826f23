import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeNix32, encodeNix32, isNix32, NIX32_ALPHABET, nix32Length } from '../../src/hash/nix32.ts';

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const repeat = (byte: string, count: number): string => byte.repeat(count);

/** encoding.md section 2, vectors. */
const VECTORS: [string, string][] = [
  ['', ''],
  ['d41d8cd98f00b204e9800998ecf8427e', '3y8bwfr609h3lh9ch0izcqq7fl'],
  [repeat('ff', 16), `7${repeat('z', 25)}`],
  ['da39a3ee5e6b4b0d3255bfef95601890afd80709', '143xibwh31h9bvxzalr0sjvbbvpa6ffs'],
  ['000102030405060708090a0b0c0d0e0f10111213', '2c91240g1q6hq2qa1440f1h50h1h4080'],
  [`80${repeat('00', 19)}`, '00000000000000000000000000000040'],
  [`${repeat('00', 19)}80`, 'h0000000000000000000000000000000'],
  [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73',
  ],
  [repeat('ff', 32), `1${repeat('z', 51)}`],
  [`01${repeat('00', 31)}`, `${repeat('0', 51)}1`],
  [`${repeat('00', 31)}01`, '0080000000000000000000000000000000000000000000000000'],
  [
    'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
    '0zdl9zrg8r3i9c1g90lgg9ip5ijzv3yhz91i0zzn3r8ap9ws784gkp9dk9j3aglhgf1amqb0pj21mh7h1nxcl18akqvvf7ggqsy30yg',
  ],
  [
    '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03',
    '00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq',
  ],
];

test('section 2: vectors, both ways', () => {
  for (const [bytes, text] of VECTORS) {
    assert.equal(encodeNix32(hex(bytes)), text);
    assert.deepEqual(decodeNix32(text), hex(bytes));
  }
});

test('section 2: refused: spare bits, wrong length, upper case, the four missing letters', () => {
  const sha256 = VECTORS[7]?.[1] as string;
  for (const text of [
    '2mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73',
    '8y8bwfr609h3lh9ch0izcqq7fl',
    '4zdl9zrg8r3i9c1g90lgg9ip5ijzv3yhz91i0zzn3r8ap9ws784gkp9dk9j3aglhgf1amqb0pj21mh7h1nxcl18akqvvf7ggqsy30yg',
    sha256.slice(1),
    sha256.toUpperCase(),
    `e${sha256.slice(1)}`,
    '0',
    'zz',
    '0\n',
    '0é',
    '0\u{1F600}',
    '\u0130\u0130',
  ]) {
    assert.throws(() => decodeNix32(text), { name: 'ParseError', code: 'ERR_PARSE_NIX32' }, text);
  }
});

test('section 2: the accepted boundary values', () => {
  const boundary = (text: string): string => Buffer.from(decodeNix32(text)).toString('hex');
  assert.match(boundary('1mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73'), /^e3b0.*52b8d5$/);
  assert.match(boundary(`7${repeat('0', 25)}`), /e0$/);
  assert.match(boundary(`3${repeat('0', 102)}`), /c0$|60$/);
});

test('law: every single digit other than the 32, at every place, is refused', () => {
  const text = VECTORS[3]?.[1] as string;
  for (let code = 0; code < 300; code++) {
    const digit = String.fromCharCode(code);
    for (const at of [0, 15, 31]) {
      const changed = text.slice(0, at) + digit + text.slice(at + 1);
      if (NIX32_ALPHABET.includes(digit)) assert.equal(encodeNix32(decodeNix32(changed)), changed);
      else assert.throws(() => decodeNix32(changed), { code: 'ERR_PARSE_NIX32' }, changed);
    }
  }
});

test('law: decode(encode(b)) = b, for every length from 0 to 80, zero bytes included', () => {
  const byte = fc.oneof(fc.constant(0), fc.constant(255), fc.nat(255));
  for (let length = 0; length <= 80; length++) {
    fc.assert(
      fc.property(fc.array(byte, { minLength: length, maxLength: length }), (array) => {
        const bytes = Uint8Array.from(array);
        const text = encodeNix32(bytes);
        assert.equal(text.length, nix32Length(length));
        assert.equal(text, bySpecification(bytes));
        assert.deepEqual(decodeNix32(text), bytes);
        assert.deepEqual(bytes, Uint8Array.from(array), 'the input is left alone');
      }),
      { numRuns: 10 },
    );
  }
});

test('law: what decodes is canonical: encode(decode(t)) = t', () => {
  const digit = fc.constantFrom(...NIX32_ALPHABET);
  fc.assert(
    fc.property(fc.array(digit, { maxLength: 60 }), (digits) => {
      const text = digits.join('');
      let bytes: Uint8Array;
      try {
        bytes = decodeNix32(text);
      } catch {
        return;
      }
      assert.equal(encodeNix32(bytes), text);
    }),
    { numRuns: 500 },
  );
});

test('a Buffer is not changed by being encoded', () => {
  const buffer = Buffer.from([1, 2, 3]);
  encodeNix32(buffer);
  assert.deepEqual([...buffer], [1, 2, 3]);
});

/** The formula of section 2, word by word. */
function bySpecification(b: Uint8Array): string {
  let out = '';
  const length = b.length === 0 ? 0 : Math.floor((8 * b.length - 1) / 5) + 1;
  for (let k = length - 1; k >= 0; k--) {
    const i = Math.floor((5 * k) / 8);
    const j = (5 * k) % 8;
    const v = ((b[i] as number) >> j) | ((b[i + 1] ?? 0) << (8 - j));
    out += NIX32_ALPHABET[v & 31];
  }
  return out;
}

test('law: isNix32 is whether it decodes', () => {
  const decodes = (text: string): boolean => {
    try {
      decodeNix32(text);
      return true;
    } catch {
      return false;
    }
  };
  const digit = fc.constantFrom(...NIX32_ALPHABET, 'e', 'u', 'A', '\n', '\u0130');
  const mostlyRight = fc.array(fc.constantFrom(...NIX32_ALPHABET), { minLength: 0, maxLength: 110 });
  fc.assert(
    fc.property(digit, mostlyRight, (first, rest) => {
      for (const text of [first + rest.join(''), rest.join('') + first, rest.join('')])
        assert.equal(isNix32(text), decodes(text), JSON.stringify(text));
    }),
    { numRuns: 1000 },
  );
  // Every first digit at every length, of which each of the five numbers of spare bits is one.
  for (let length = 0; length <= 60; length++)
    for (const first of NIX32_ALPHABET) {
      const text = (first + '0'.repeat(60)).slice(0, length);
      assert.equal(isNix32(text), decodes(text), text);
    }
});

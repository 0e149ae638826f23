/** Nix32, asked through `nix-hash`, which knows it in the lengths of digests. */
import { HASH_SIZES } from '../../src/hash/hash.ts';
import { askEach, verdictOf } from './ask.ts';
import type { Input, Topic } from './topic.ts';

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
const repeat = (text: string, count: number): string => text.repeat(count);

function encode(section: string, id: string, algo: string, hex: string, about: string): Input {
  return { id, about, section, operation: 'encode', input: { algo, bytes: base64(hex) } };
}

function decode(section: string, id: string, algo: string, text: string, about: string): Input {
  return { id, about, section, operation: 'decode', input: { algo, text } };
}

const SHA256 = '0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73';
const SHA512 =
  '0zdl9zrg8r3i9c1g90lgg9ip5ijzv3yhz91i0zzn3r8ap9ws784gkp9dk9j3aglhgf1amqb0pj21mh7h1nxcl18akqvvf7ggqsy30yg';

/** Bytes and what they are called; each is encoded, and what comes out is decoded. */
const VECTORS = [
  ['md5-of-nothing', 'md5', 'd41d8cd98f00b204e9800998ecf8427e', '3y8bwfr609h3lh9ch0izcqq7fl'],
  ['md5-all-ones', 'md5', repeat('ff', 16), `7${repeat('z', 25)}`],
  ['md5-all-zeros', 'md5', repeat('00', 16), repeat('0', 26)],
  ['sha1-of-nothing', 'sha1', 'da39a3ee5e6b4b0d3255bfef95601890afd80709', '143xibwh31h9bvxzalr0sjvbbvpa6ffs'],
  ['sha1-counting', 'sha1', '000102030405060708090a0b0c0d0e0f10111213', '2c91240g1q6hq2qa1440f1h50h1h4080'],
  ['sha1-top-bit-of-first-byte', 'sha1', `80${repeat('00', 19)}`, `${repeat('0', 30)}40`],
  ['sha1-top-bit-of-last-byte', 'sha1', `${repeat('00', 19)}80`, `h${repeat('0', 31)}`],
  ['sha1-all-ones', 'sha1', repeat('ff', 20), repeat('z', 32)],
  ['sha256-of-nothing', 'sha256', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', SHA256],
  ['sha256-all-ones', 'sha256', repeat('ff', 32), `1${repeat('z', 51)}`],
  ['sha256-all-zeros', 'sha256', repeat('00', 32), repeat('0', 52)],
  ['sha256-low-bit-of-first-byte', 'sha256', `01${repeat('00', 31)}`, `${repeat('0', 51)}1`],
  ['sha256-low-bit-of-last-byte', 'sha256', `${repeat('00', 31)}01`, `0080${repeat('0', 48)}`],
  [
    'sha256-of-hello',
    'sha256',
    '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03',
    '00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq',
  ],
  [
    'sha512-of-nothing',
    'sha512',
    'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
    SHA512,
  ],
  ['sha512-all-ones', 'sha512', repeat('ff', 64), `3${repeat('z', 102)}`],
  ['blake3-all-ones', 'blake3', repeat('ff', 32), `1${repeat('z', 51)}`],
] as const;

/** The first character holds the bits that are left over: those up to `last` have none, `next` has one. */
const FIRST_CHARACTERS = [
  ['md5', '3y8bwfr609h3lh9ch0izcqq7fl', '7', '8'],
  ['sha1', '143xibwh31h9bvxzalr0sjvbbvpa6ffs', 'z', undefined],
  ['sha256', SHA256, '1', '2'],
  ['sha512', SHA512, '3', '4'],
  ['blake3', SHA256, '1', '2'],
] as const;

const SIZES = Object.entries(HASH_SIZES).filter(([algo]) => algo !== 'blake3');

/** A digit that is none, in the place of the first, of one in the middle, and of the last. */
const NO_DIGITS = ['e', 'o', 'u', 't', 'E', 'A', 'Z', '-', '+', '/', '=', '_', '.', ':', ' ', '\n', 'é', '~'];

const inputs: readonly Input[] = [
  ...VECTORS.map(([id, algo, hex]) =>
    encode('vectors: bytes to nix32', `encode-${id}`, algo, hex, id.replaceAll('-', ' ')),
  ),
  ...VECTORS.map(([id, algo, , text]) =>
    decode('vectors: nix32 to bytes', `decode-${id}`, algo, text, id.replaceAll('-', ' ')),
  ),
  ...SIZES.map(([algo, size]) =>
    encode(
      'no padding: ceil(8n / 5) characters for n bytes',
      `length-${algo}`,
      algo,
      repeat('5a', size),
      `${size} bytes give ${Math.ceil((size * 8) / 5)} characters`,
    ),
  ),
  ...FIRST_CHARACTERS.flatMap(([algo, text, last, next]) => [
    decode(
      'canonical form: the first character',
      `first-character-${algo}-highest`,
      algo,
      last + text.slice(1),
      `'${last}' is the highest first character of a ${algo} digest`,
    ),
    ...(next === undefined ? [] : [next, 'z']).map((first) =>
      decode(
        'canonical form: the first character',
        `first-character-${algo}-${first}`,
        algo,
        first + text.slice(1),
        `'${first}' has a bit beyond the last byte of a ${algo} digest`,
      ),
    ),
  ]),
  ...Array.from('0123456789abcdfghijklmnpqrsvwxyz', (digit, value) =>
    decode(
      'alphabet: 32 digits',
      `digit-${digit}`,
      'sha1',
      `${repeat('0', 30)}${digit}0`,
      `'${digit}' is ${value}`,
    ),
  ),
  ...NO_DIGITS.flatMap((character) =>
    [0, 20, 51].map((at) =>
      decode(
        'alphabet: every other character is refused',
        `no-digit-${character.codePointAt(0)?.toString(16)}-at-${at}`,
        'sha256',
        SHA256.slice(0, at) + character + SHA256.slice(at + 1),
        `${JSON.stringify(character)} as character ${at + 1}`,
      ),
    ),
  ),
  decode('alphabet: lower case only', 'upper-case', 'sha256', SHA256.toUpperCase(), 'all in upper case'),
  decode('length', 'one-character-short', 'sha256', SHA256.slice(1), '51 characters'),
  decode('length', 'one-character-more', 'sha256', `0${SHA256}`, '53 characters'),
  decode('length', 'nothing', 'sha256', '', 'no characters'),
  decode('length', 'sha1-length-for-sha256', 'sha256', repeat('0', 32), 'the length of a sha1 digest'),
  ...(
    [
      ['', '', 'no bytes give no characters'],
      ['1f', '0z', 'one byte gives two characters'],
      ['ff', '7z', 'one byte of ones'],
      ['0001', '0080', 'two bytes give four characters'],
    ] as const
  ).map(([hex, text, about], i): Input => {
    const section = 'bytes of any number, by the algorithm in the source';
    const given = { by: 'source', accepts: text } as const;
    return {
      id: `bytes-${i}`,
      about,
      section,
      operation: 'encodeBytes',
      input: { bytes: base64(hex) },
      given: { 'nix-2.8': given, 'nix-2.34': given },
    };
  }),
];

export const nix32: Topic = {
  topic: 'nix32',
  about: [
    "Nix's base-32.",
    'encode {algo, bytes (base64)}: the bytes are a digest; gives its nix32 text.',
    'decode {algo, text}: gives the bytes of a digest (base64).',
    'encodeBytes {bytes (base64)}: any number of bytes; gives their nix32 text.',
  ].join('\n'),
  inputs,
  async ask(world, asked) {
    await world.configure({ 'experimental-features': 'nix-command blake3-hashes' });
    return await askEach(asked, async ({ operation, input }) => {
      const algo = String(input['algo']);
      const encodes = operation === 'encode';
      const text = encodes
        ? Buffer.from(String(input['bytes']), 'base64').toString('hex')
        : String(input['text']);
      const args = ['--type', algo, encodes ? '--to-base32' : '--to-base16', '--', text];
      return verdictOf(world, await world.try('nix-hash', args), (stdout) =>
        encodes ? stdout.trim() : base64(stdout.trim()),
      );
    });
  },
};

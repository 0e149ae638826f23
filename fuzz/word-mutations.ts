/** Changes of an archive that know its words: what a broken or hostile writer does. */
import fc from 'fast-check';
import { keyword, type Word } from './words.ts';

/** Changes an archive in place. */
export type WordMutation = (words: Word[]) => void;

const KEYWORDS = [
  ...['nix-archive-1', '(', ')', 'type', 'regular', 'symlink', 'directory', 'executable', 'contents'],
  ...['target', 'entry', 'name', 'node', '', 'x', 'unknown', 'x'.repeat(32), 'x'.repeat(33)],
];
const TEXTS = [
  ...[
    '',
    '.',
    '..',
    '...',
    'a/b',
    '/',
    'a\0b',
    '\0',
    '\n',
    'A',
    'a',
    '~nix~case~hack~1',
    '\u00e2',
    'a\u0302',
  ],
  ...[254, 255, 256, 4094, 4095, 4096].map((length) => 'n'.repeat(length)),
];
const LENGTHS = [0n, 1n, 7n, 8n, 31n, 32n, 33n, 255n, 256n, 4095n, 4096n];
const HUGE = [31n, 32n, 53n, 63n, 64n].flatMap((bits) => [2n ** bits - 8n, 2n ** bits - 1n]);

const at = fc.nat(0xffff);
const text = fc.constantFrom(...TEXTS).map((value) => Buffer.from(value));

/** Changes one word, of a role when there is one. */
function change<T>(
  arbitrary: fc.Arbitrary<T>,
  apply: (word: Word, value: T) => Word,
  roles?: readonly Word['role'][],
): fc.Arbitrary<WordMutation> {
  return fc.tuple(at, arbitrary).map(([index, value]) => (words) => {
    const all = [...words.keys()];
    const some = all.filter((i) => roles?.includes(words[i]?.role ?? 'keyword') ?? true);
    const from = some.length > 0 ? some : all;
    const picked = from[index % from.length] ?? 0;
    const word = words[picked];
    if (word !== undefined) words[picked] = apply(word, value);
  });
}

/** One byte of the padding is not zero. */
const badPadding = (roles?: readonly Word['role'][]): fc.Arbitrary<WordMutation> =>
  change(
    fc.integer({ min: 1, max: 255 }),
    (word, byte) => {
      const padding = Buffer.alloc((8 - (word.bytes.length % 8)) % 8);
      if (padding.length > 0) padding[byte % padding.length] = byte;
      return { ...word, padding };
    },
    roles,
  );

/** Takes out a range of words and puts others there. */
const range = (length: fc.Arbitrary<number>, into: fc.Arbitrary<Word[]>): fc.Arbitrary<WordMutation> =>
  fc.tuple(at, length, into).map(([index, count, more]) => (words) => {
    words.splice(index % (words.length + 1), count, ...more);
  });

const someKeywords = fc
  .array(fc.constantFrom(...KEYWORDS), { minLength: 1, maxLength: 3 })
  .map((list) => list.map(keyword));

/** Copies or moves a range elsewhere: fields repeated, or in another order. */
const transfer = fc.tuple(at, fc.integer({ min: 1, max: 12 }), at, fc.boolean()).map(
  ([from, count, to, move]): WordMutation =>
    (words) => {
      const start = from % words.length;
      const taken = words.slice(start, start + count);
      if (move) words.splice(start, count);
      words.splice(to % (words.length + 1), 0, ...taken);
    },
);

/** `executable` where it may be, and where it may not. */
const executable = at.map(
  (index): WordMutation =>
    (words) => {
      words.splice(index % (words.length + 1), 0, keyword('executable'), keyword(''));
    },
);

const contentsTwice = at.map(
  (index): WordMutation =>
    (words) => {
      const ends = [...words.keys()].filter((i) => words[i]?.role === 'contents');
      const end = ends[index % Math.max(ends.length, 1)];
      const more: [Word, Word] = [keyword('contents'), { role: 'contents', bytes: Buffer.from('again') }];
      if (end !== undefined) words.splice(end + 1, 0, ...more);
    },
);

/** One change: of a length, a padding, a word, or the order. */
export const wordMutation: fc.Arbitrary<WordMutation> = fc.oneof(
  change(fc.constantFrom(...LENGTHS), (word, length) => ({ ...word, length })),
  change(fc.constantFrom(...HUGE), (word, length) => ({ ...word, length }), ['contents']),
  change(fc.constantFrom(...LENGTHS, ...HUGE), (word, length) => ({ ...word, length }), ['name', 'target']),
  change(fc.constantFrom(-8n, -1n, 1n, 8n), (word, by) => ({
    ...word,
    length: BigInt.asUintN(64, BigInt(word.bytes.length) + by),
  })),
  change(fc.uint8Array({ maxLength: 9 }), (word, padding) => ({ ...word, padding })),
  badPadding(),
  badPadding(['name', 'target', 'contents']),
  change(fc.constantFrom(...KEYWORDS), (_, value) => keyword(value), ['keyword']),
  change(text, (word, bytes) => ({ ...word, bytes }), ['name']),
  change(text, (word, bytes) => ({ ...word, bytes }), ['target']),
  change(text, (word, bytes) => ({ ...word, bytes }), ['contents', 'marker']),
  range(fc.integer({ min: 1, max: 8 }), fc.constant([])),
  range(fc.constant(0), someKeywords),
  range(fc.constant(1), someKeywords),
  transfer,
  executable,
  contentsTwice,
);

/** NARs with wrong lengths, padding and ends, and those at the limits. */
import { dir, file, link, nar, str, type Tree, u64 } from '../../test/nar/trees.ts';
import { directory, entry, MAGIC, type NarRow, readInputs, root, words } from './nar-inputs.ts';
import { deep } from './nar-trees.ts';
import type { Input } from './topic.ts';

/** An archive of every kind of string, in labelled pieces. */
const PIECES: readonly (readonly [label: string, bytes: Buffer])[] = [
  ['magic', MAGIC],
  ['parenthesis', str('(')],
  ['word', str('type')],
  ['type', str('directory')],
  ['entry', words('entry', '(', 'name')],
  ['name', str('a')],
  ['node', words('node', '(', 'type', 'regular')],
  ['executable', str('executable')],
  ['executable-value', str('')],
  ['contents-word', str('contents')],
  ['contents', str('x')],
  ['node-end', words(')', ')')],
  ['second-entry', words('entry', '(', 'name', 'l', 'node', '(', 'type', 'symlink', 'target')],
  ['target', str('t')],
  ['second-node-end', words(')', ')')],
  ['last-parenthesis', str(')')],
];
const WHOLE = Buffer.concat(PIECES.map(([, bytes]) => bytes));
const start = (label: string): number => {
  const index = PIECES.findIndex(([each]) => each === label);
  return PIECES.slice(0, index).reduce((sum, [, bytes]) => sum + bytes.length, 0);
};

const CUT_ROWS: readonly NarRow[] = PIECES.flatMap(([label, bytes]): NarRow[] => {
  const at = start(label);
  const cut = (where: string, what: string, length: number): NarRow => [
    `cut-${label}-${where}`,
    `ends ${what} ${label}`,
    WHOLE.subarray(0, length),
  ];
  return [
    ...(at === 0 ? [] : [cut('before', 'before', at)]),
    cut('length', 'in the length of', at + 4),
    ...(bytes.length > 8 ? [cut('text', 'before the text of', at + 8)] : []),
    ...(bytes.at(-1) === 0 && bytes.length > 8
      ? [cut('padding', 'in the padding of', at + bytes.length - 1)]
      : []),
  ];
});

const padded = (label: string, offset: number): NarRow => {
  const bytes = Buffer.from(WHOLE);
  const at = start(label) + offset;
  if (bytes[at] !== 0) throw new Error(`no padding at ${offset} of ${label}`);
  bytes[at] = 1;
  return [`padding-${label}-${offset}`, `byte ${offset} of ${label}, which is padding, is 1`, bytes];
};
const PADDING_ROWS: readonly NarRow[] = [
  ...[
    padded('magic', 21),
    padded('magic', 23),
    padded('parenthesis', 9),
    padded('word', 15),
    padded('type', 17),
  ],
  ...[padded('name', 9), padded('name', 15), padded('executable', 18), padded('contents', 9)],
  ...[padded('contents', 15), padded('target', 9), padded('target', 15), padded('last-parenthesis', 15)],
];

const ODD_LENGTHS = [
  ['2-63', 2n ** 63n],
  ['2-64-1', 2n ** 64n - 1n],
  ['2-53', 2n ** 53n],
] as const;
const LENGTH_ROWS: readonly NarRow[] = ODD_LENGTHS.flatMap(([label, length]): NarRow[] => {
  const bytes = Buffer.concat([u64(length), Buffer.from('x')]);
  const power = `${length} bytes`;
  return [
    [
      `length-${label}-contents`,
      `contents of ${power}, and one byte of it`,
      Buffer.concat([MAGIC, words('(', 'type', 'regular', 'contents'), bytes]),
    ],
    [
      `length-${label}-target`,
      `a target of ${power}`,
      Buffer.concat([MAGIC, words('(', 'type', 'symlink', 'target'), bytes]),
    ],
    [
      `length-${label}-name`,
      `a name of ${power}`,
      Buffer.concat([MAGIC, words('(', 'type', 'directory', 'entry', '(', 'name'), bytes]),
    ],
    [
      `length-${label}-word`,
      `a word of ${power}`,
      Buffer.concat([MAGIC, words('(', 'type', 'regular'), bytes]),
    ],
    [
      `length-${label}-executable`,
      `a value of executable of ${power}`,
      Buffer.concat([MAGIC, words('(', 'type', 'regular', 'executable'), bytes]),
    ],
  ];
});

const LIMIT_ROWS: readonly NarRow[] = [
  ['word-32', 'a word of 32 bytes for a field', root('type', 'regular', 'w'.repeat(32), '')],
  ['word-33', 'a word of 33 bytes for a field', root('type', 'regular', 'w'.repeat(33), '')],
  ['word-33-type', 'a type of 33 bytes', root('type', 't'.repeat(33))],
  ['word-33-entry', 'a word of 33 bytes in an entry', directory(words('entry', '(', 'w'.repeat(33), ')'))],
  ['word-4096', 'a word of 4096 bytes', root('type', 'regular', 'w'.repeat(4096), '')],
  ['name-256', 'a name of 256 bytes', directory(entry('n'.repeat(256)))],
  ['name-4096', 'a name of 4096 bytes', directory(entry('n'.repeat(4096)))],
  ['name-256-bytes', 'a name of 128 characters, 256 bytes', directory(entry('é'.repeat(128)))],
  ['target-4095', 'a target of 4095 bytes', nar(link('t'.repeat(4095)))],
  ['target-4096', 'a target of 4096 bytes', nar(link('t'.repeat(4096)))],
  ['target-empty', 'an empty target', root('type', 'symlink', 'target', '')],
  ['target-nul', 'a target with NUL', root('type', 'symlink', 'target', 'a\0b')],
  ['target-nul-only', 'NUL for a target', root('type', 'symlink', 'target', '\0')],
  ['depth-64', '64 names in a path', nar(deep(64))],
  ['depth-64-file', 'a file below 63 directories', nar(below(63))],
];

/** A file below so many directories under the root. */
function below(directories: number): Tree {
  let tree = dir({ f: file('x') });
  for (let i = 0; i < directories; i++) tree = dir({ d: tree });
  return tree;
}

/** One input for every kind of place where an archive can end, be padded wrongly, or be too long. */
export const framingReads: Input[] = [
  ...readInputs('reading: truncation', CUT_ROWS),
  ...readInputs('reading: padding', PADDING_ROWS),
  ...readInputs('reading: lengths', LENGTH_ROWS),
  ...readInputs('limits', LIMIT_ROWS),
];

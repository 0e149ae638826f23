/** File trees that a NAR can hold: inputs of `read` and of `write`. */

import type { Json } from '../../src/conformance/suite.ts';
import { encodeName } from '../../src/nar/name.ts';
import { dir, entriesOf, file, link, nar, T, type Tree } from '../../test/nar/trees.ts';
import { readInputs } from './nar-inputs.ts';
import type { Input } from './topic.ts';

type TreeRow = readonly [id: string, about: string, tree: Tree];

const named = (...names: (string | number[])[]): Tree => ({
  type: 'directory',
  members: names.map((name) => [Buffer.from(name as string), file('x')]),
});

const VECTORS: readonly TreeRow[] = [
  ['hello', 'a file with hello and a newline, 120 bytes', file('hello\n')],
  ['empty-file', 'an empty file, the smallest of all: 112 bytes', file('')],
  ['executable', 'an executable file, 160 bytes', file('#!/bin/sh\n', true)],
  ['symlink', 'a symbolic link, 120 bytes', link('target')],
  ['empty-directory', 'an empty directory, 96 bytes', dir()],
  ['small-tree', 'a tree with every kind of node, 1064 bytes', T],
];

const CONTENTS: readonly TreeRow[] = [
  ...[1, 7, 8, 9].map(
    (size): TreeRow => [
      `contents-${size}`,
      `${size} bytes of content: the padding differs`,
      file('x'.repeat(size)),
    ],
  ),
  ['contents-binary', 'contents that are no text', file(Uint8Array.of(0, 1, 0x80, 0xff, 0x0a))],
  ['contents-nar', 'contents that are an archive', file(nar(file('inner')))],
  ['executable-empty', 'an empty executable file', file('', true)],
  ['target-bytes', 'a target that is not UTF-8', link(Uint8Array.of(0x2f, 0xff, 0xfe))],
  ['target-dots', 'a target that leads out of the tree: it is only text', dir({ l: link('../../etc') })],
  ['target-absolute', 'an absolute target', link('/')],
  ['directory-nested', 'a directory in a directory', dir({ a: dir({ b: dir() }), c: file('c') })],
];

const NAMES: readonly TreeRow[] = [
  ['names-unsigned', 'bytes above 7f come after ASCII', named('a', 'z', 'é', [0xff])],
  ['names-utf16', 'the order is of bytes, not of UTF-16 units', named('\ue000', '\ufffd', '\u{1f600}')],
  [
    'names-prefix',
    'a prefix comes first; what follows it does not matter',
    named('a', 'a-', 'a.', 'a0', 'aa'),
  ],
  [
    'names-directory-prefix',
    'the slash of a path has no part in the order',
    dir({ a: dir({ b: file('') }), 'a-': file('') }),
  ],
  ['names-numbers', 'no numeric order', named('1', '10', '9')],
  ['names-bytes', 'names that are not UTF-8', named([0x61, 0x80, 0x62], [0xc3], [0xed, 0xa0, 0x80])],
  [
    'names-odd',
    'blanks, newlines, quotes, backslashes, a leading dash',
    named('\n', ' ', '"', "'", '-rf', 'a\\b'),
  ],
  ['names-dots', 'dots that are neither . nor ..', named('...', '.a', '..a')],
  [
    'names-case',
    'names that differ in case only',
    dir({ Test: file('T'), test: dir({ A: file(''), a: file('') }) }),
  ],
  [
    'names-case-hack',
    'a name with the suffix that a case-folding file system would get: part of the name elsewhere',
    dir({ Test: file('T'), 'Test~nix~case~hack~1': file('1'), test: file('t') }),
  ],
  [
    'names-unnormalized',
    'two names that are equal to a normalising file system',
    dir({ 'a\u0302': link('/'), '\u00e2': dir({ x: file('') }) }),
  ],
  ['names-longest', 'a name of 255 bytes', named('n'.repeat(255))],
];

const DEEPEST: TreeRow = ['depth-63', '63 names in a path', deep(63)];

/** Directories in directories, so many names long. */
export function deep(names: number): Tree {
  let tree = dir();
  for (let i = 0; i < names; i++) tree = dir({ d: tree });
  return tree;
}

const BOTH: readonly (readonly [section: string, rows: readonly TreeRow[]])[] = [
  ['vectors', VECTORS],
  ['grammar: contents and targets', CONTENTS],
  ['grammar: names and their order', NAMES],
  ['limits', [DEEPEST]],
];

/** Archives of trees, all of them right. */
export const treeReads: Input[] = BOTH.flatMap(([section, rows]) =>
  readInputs(
    section,
    rows.map(([id, about, tree]) => [id, about, nar(tree)]),
  ),
);

const writeRows = [
  ...BOTH,
  ['limits', [['depth-64', '64 names in a path', deep(64)]] as readonly TreeRow[]],
] as const;

/** The same trees to be written. */
export const treeWrites: Input[] = writeRows.flatMap(([section, rows]) =>
  rows.map(([id, about, tree]) => ({
    id: `write-${id}`,
    about,
    section,
    operation: 'write',
    input: { entries: entriesAsJson(tree) },
  })),
);

/** As the entries of `read` come out. */
function entriesAsJson(tree: Tree): Json[] {
  return [...entriesOf(tree)].map((entry) => {
    const { type } = entry;
    const path = Buffer.from(encodeName(entry.path)).toString('base64');
    if (type === 'directory') return { type, path };
    if (type === 'symlink')
      return { type, path, target: Buffer.from(encodeName(entry.target)).toString('base64') };
    const contents = Buffer.from(entry.body as Uint8Array).toString('base64');
    return { type, path, executable: entry.executable, contents };
  });
}

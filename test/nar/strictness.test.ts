/**
 * What the newest Nix refuses in an archive, row by row, with the place that the error names; and what
 * it takes, though it looks odd. The names of the rows with a dash are those of Nix's own unit tests.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cut, dir, file, link, nar, node, read, str, T, u64 } from './trees.ts';

const magic = str('nix-archive-1');
const root = (...parts: Buffer[]): Buffer => Buffer.concat([magic, str('('), ...parts, str(')')]);
const inDirectory = (...parts: Buffer[]): Buffer => root(str('type', 'directory'), ...parts);
const member = (name: string | Uint8Array, tree = file('hello\n')): Buffer =>
  Buffer.concat([str('entry', '(', 'name', name, 'node'), node(tree), str(')')]);
const without = (bytes: Buffer, count: number): Buffer => bytes.subarray(0, bytes.length - count);
const changed = (bytes: Buffer, at: number): Buffer => Buffer.from(bytes).fill(1, at, at + 1);
const claiming = (length: bigint, ...words: string[]): Buffer =>
  Buffer.concat([magic, str(...words), u64(length), Buffer.from('x')]);
const empty = file('');
const HUGE = 2n ** 64n - 1n;
const nested = (depth: number): Buffer => {
  let tree = dir();
  for (let i = 0; i < depth; i++) tree = dir({ d: tree });
  return nar(tree);
};

/** What is wrong, the archive, code, offset, path. A path is missing where the archive was complete. */
const REFUSED: [string, Buffer, 'SYNTAX' | 'TRUNCATED' | 'LIMIT' | 'TRAILING', number, string?][] = [
  ['wrong magic', Buffer.concat([str('nix-archive-2'), node(empty)]), 'SYNTAX', 0, ''],
  ['magic longer than 13 bytes', Buffer.concat([str('nix-archive-1x'), node(empty)]), 'SYNTAX', 0, ''],
  ['another kind of file', Buffer.from('PK\x03\x04'.repeat(20)), 'SYNTAX', 0, ''],
  ['no input', Buffer.alloc(0), 'TRUNCATED', 0, ''],
  ['ends in the magic', nar(empty).subarray(0, 20), 'TRUNCATED', 20, ''],
  ['ends between words', nar(empty).subarray(0, 40), 'TRUNCATED', 40, ''],
  ['ends in a length', nar(empty).subarray(0, 44), 'TRUNCATED', 44, ''],
  ['ends before the last parenthesis', without(nar(empty), 16), 'TRUNCATED', 96, ''],
  ['ends in a name', inDirectory(member('abc')).subarray(0, 138), 'TRUNCATED', 138, ''],
  ['ends in the padding of a name', inDirectory(member('abc')).subarray(0, 142), 'TRUNCATED', 142, ''],
  ['ends behind a name', inDirectory(member('abc')).subarray(0, 144), 'TRUNCATED', 144, 'abc'],
  ['ends in contents', nar(file('hello\n')).subarray(0, 100), 'TRUNCATED', 100, ''],
  ['ends in a target', nar(link('target')).subarray(0, 99), 'TRUNCATED', 99, ''],
  ['non-zero padding of the magic', changed(nar(empty), 23), 'SYNTAX', 0, ''],
  ['non-zero padding of a keyword', changed(nar(empty), 33), 'SYNTAX', 24, ''],
  ['non-zero padding of a name', changed(inDirectory(member('abc')), 139), 'SYNTAX', 139, ''],
  ['non-zero padding of a target', changed(nar(link('target')), 103), 'SYNTAX', 102, ''],
  ['non-zero padding of contents, last byte', changed(nar(file('hello\n')), 103), 'SYNTAX', 102, ''],
  ['keyword of more than 32 bytes', root(str('x'.repeat(33), 'regular')), 'SYNTAX', 40, ''],
  ['keyword of 2^64-1 bytes', claiming(HUGE, '('), 'SYNTAX', 40, ''],
  ['unknown type', root(str('type', 'fifo')), 'SYNTAX', 56, ''],
  [
    'unknown type in a directory',
    inDirectory(str('entry', '(', 'name', 'a', 'node', '(', 'type', 'fifo')),
    'SYNTAX',
    192,
    'a',
  ],
  ['unknown field of a file', root(str('type', 'regular', 'mode', '0644', 'contents', '')), 'SYNTAX', 72, ''],
  ['unknown field of a directory', inDirectory(str('mode', '0755')), 'SYNTAX', 80, ''],
  ['unknown field of an entry', inDirectory(str('entry', '(', 'mode', '0755')), 'SYNTAX', 112, ''],
  [
    'no opening parenthesis',
    Buffer.concat([magic, str('type', 'regular', 'contents', '', ')')]),
    'SYNTAX',
    24,
    '',
  ],
  ['type missing', root(str('contents', '')), 'SYNTAX', 40, ''],
  ['type repeated', root(str('type', 'regular', 'type', 'regular', 'contents', '')), 'SYNTAX', 72, ''],
  ['regular file without contents', root(str('type', 'regular')), 'SYNTAX', 72, ''],
  ['contents twice', root(str('type', 'regular', 'contents', '', 'contents', '')), 'SYNTAX', 96, ''],
  [
    'executable-after-contents',
    root(str('type', 'regular', 'contents', 'hello\n', 'executable', '')),
    'SYNTAX',
    104,
    '',
  ],
  ['executable twice', root(str('type', 'regular', 'executable', '', 'executable', '')), 'SYNTAX', 104, ''],
  [
    'executable with a value',
    root(str('type', 'regular', 'executable', 'yes', 'contents', '')),
    'SYNTAX',
    96,
    '',
  ],
  ['invalid-tag-instead-of-contents', root(str('type', 'regular', 'AAAAAAAA', 'hello\n')), 'SYNTAX', 72, ''],
  [
    'name-after-node',
    inDirectory(str('entry', '(', 'node'), node(empty), str('name', 'a', ')')),
    'SYNTAX',
    112,
    '',
  ],
  ['entry without name', inDirectory(str('entry', '(', ')')), 'SYNTAX', 112, ''],
  ['entry without node', inDirectory(str('entry', '(', 'name', 'a', ')')), 'SYNTAX', 144, 'a'],
  ['entry that is not closed', inDirectory(without(member('a'), 16)), 'TRUNCATED', 272, ''],
  ['name: empty', inDirectory(member('')), 'SYNTAX', 136, ''],
  ['name: dot', inDirectory(member('.')), 'SYNTAX', 144, '.'],
  ['name: dotdot', inDirectory(member('..')), 'SYNTAX', 144, '..'],
  ['name: slash', inDirectory(member('x/y')), 'SYNTAX', 144, 'x/y'],
  ['name: only a slash', inDirectory(member('/')), 'SYNTAX', 144, '/'],
  ['name: nul-character', inDirectory(member('f\0o')), 'SYNTAX', 144, 'f\0o'],
  ['name: dotdot in a directory', inDirectory(member('sub', dir({ '..': empty }))), 'SYNTAX', 280, 'sub/..'],
  ['name of 256 bytes', inDirectory(member('a'.repeat(256))), 'LIMIT', 128, ''],
  ['name of 2^64-1 bytes', claiming(HUGE, '(', 'type', 'directory', 'entry', '(', 'name'), 'LIMIT', 128, ''],
  ['unsorted', inDirectory(member('b'), member('a')), 'SYNTAX', 336, 'a'],
  [
    'duplicate.nar',
    inDirectory(member('a', link('/tmp')), member('a', dir({ b: empty }))),
    'SYNTAX',
    336,
    'a',
  ],
  ['unsorted bytes', inDirectory(member('é'), member(Buffer.from([0x80]))), 'SYNTAX', 336, '\udc80'],
  ['sorted by UTF-16 only', inDirectory(member('\u{1F600}'), member('\uFFFF')), 'SYNTAX', 336, '\uFFFF'],
  ['shorter prefix after longer', inDirectory(member('a-'), member('a')), 'SYNTAX', 336, 'a'],
  ['symlink without target', root(str('type', 'symlink')), 'SYNTAX', 72, ''],
  ['target: empty', root(str('type', 'symlink', 'target', '')), 'SYNTAX', 96, ''],
  ['target with NUL', root(str('type', 'symlink', 'target', 'a\0b')), 'SYNTAX', 104, ''],
  ['target of 4096 bytes', root(str('type', 'symlink', 'target', 'a'.repeat(4096))), 'LIMIT', 88, ''],
  ['target of 2^64-1 bytes', claiming(HUGE, '(', 'type', 'symlink', 'target'), 'LIMIT', 88, ''],
  ['64 names deep', nested(64), 'LIMIT', 80 + 63 * 136 + 64, Array(64).fill('d').join('/')],
  ['regular-truncated-large-contents', claiming(HUGE, '(', 'type', 'regular', 'contents'), 'LIMIT', 88, ''],
  ['size of 2^53', claiming(2n ** 53n, '(', 'type', 'regular', 'contents'), 'LIMIT', 88, ''],
  [
    'size of 2^53-1, one byte',
    claiming(2n ** 53n - 1n, '(', 'type', 'regular', 'contents'),
    'TRUNCATED',
    97,
    '',
  ],
  ['regular-one-byte-non-zero-padding', changed(nar(file('x')), 97), 'SYNTAX', 97, ''],
  ['regular-truncated-padding', nar(file('x')).subarray(0, 100), 'TRUNCATED', 100, ''],
  ['a byte after the end', Buffer.concat([nar(empty), Buffer.alloc(1)]), 'TRAILING', 112],
  ['a second archive after the end', Buffer.concat([nar(empty), nar(empty)]), 'TRAILING', 112],
  ['sentinel after the end', Buffer.concat([nar(file('x')), Buffer.from('sentinel')]), 'TRAILING', 120],
];

const CHUNKINGS: [string, number[]][] = [
  ['whole', [2 ** 30]],
  ['byte by byte', [1]],
  ['7 bytes, empty chunks between', [7, 0]],
];

for (const [what, bytes, code, offset, path] of REFUSED) {
  test(`refused: ${what}`, async () => {
    for (const [chunking, sizes] of CHUNKINGS) {
      for (const inlineSize of [0, 65_536]) {
        await assert.rejects(read(cut(bytes, sizes), { inlineSize }), (error: Error) => {
          const { name, code: got, offset: at, path: where } = error as Error & Record<string, unknown>;
          assert.deepEqual([name, got, at, where], ['NarError', `ERR_NAR_${code}`, offset, path], chunking);
          assert.ok(error.message.includes(`offset ${offset}`), error.message);
          return true;
        });
      }
    }
  });
}

const ACCEPTED: [string, Buffer, string[]][] = [
  ['regular-one-byte-zero-padding', nar(file('x')), ['']],
  ['63 names deep', nested(63), Array.from({ length: 64 }, (_, i) => Array(i).fill('d').join('/'))],
  ['name of 255 bytes', nar(dir({ ['n'.repeat(255)]: empty })), ['', 'n'.repeat(255)]],
  ['target of 4095 bytes', nar(link('t'.repeat(4095))), ['']],
  [
    'names that differ in case only',
    nar(dir({ FOO: empty, Foo: empty, foo: empty })),
    ['', 'FOO', 'Foo', 'foo'],
  ],
  ['unnormalized.nar', nar(dir({ 'a\u0302': link('/'), '\u00e2': dir() })), ['', 'a\u0302', '\u00e2']],
  [
    'names that are no UTF-8',
    inDirectory(member(Buffer.from([0x80])), member(Buffer.from([0xff]))),
    ['', '\udc80', '\udcff'],
  ],
  ['a name that no shell likes', nar(dir({ '-\n\\ \x1b': empty })), ['', '-\n\\ \x1b']],
];

for (const [what, bytes, paths] of ACCEPTED) {
  test(`accepted: ${what}`, async () => {
    for (const [chunking, sizes] of CHUNKINGS) {
      const entries = await read(cut(bytes, sizes));
      assert.deepEqual(
        entries.map((entry) => entry.path),
        paths,
        chunking,
      );
    }
  });
}

test('refused: every zero byte that is padding or the upper part of a length, once it is 1', async () => {
  const bytes = nar(T);
  let refused = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== 0) continue;
    await assert.rejects(read(changed(bytes, at)), { name: 'NarError' }, `byte ${at}`);
    refused++;
  }
  assert.ok(refused > 500, String(refused));
});

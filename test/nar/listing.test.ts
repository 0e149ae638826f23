import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { NarEntry } from '../../src/nar/entry.ts';
import { narListing, printNarListing } from '../../src/nar/listing.ts';
import { parseNarListing } from '../../src/nar/parse-listing.ts';
import { readNar } from '../../src/nar/read.ts';
import { dir, entriesOf, file, link, nar, T, type Tree, trees } from './trees.ts';

const refused = { name: 'ParseError', code: 'ERR_PARSE_LISTING' } as const;
const list = async (tree: Tree): Promise<string> => printNarListing(await narListing(readNar(nar(tree))));
const parseRoot = (root: unknown): unknown => parseNarListing(JSON.stringify({ version: 1, root }));

test('section 8: the vectors, in the form of Nix 2.8', async () => {
  assert.equal(
    await list(file('hello\n')),
    '{"version":1,"root":{"type":"regular","size":6,"narOffset":96}}',
  );
  assert.equal(
    await list(file('#!/bin/sh\n', true)),
    '{"version":1,"root":{"type":"regular","size":10,"executable":true,"narOffset":128}}',
  );
  assert.equal(
    await list(T),
    '{"version":1,"root":{"type":"directory","entries":{"B":{"type":"regular","size":1,"narOffset":232},' +
      '"a":{"type":"regular","size":1,"executable":true,"narOffset":456},"sub":{"type":"directory","entries":' +
      '{"eight":{"type":"regular","size":8,"narOffset":784},"l":{"type":"symlink","target":"../a"}}}}}}',
  );
  assert.equal(await list(dir()), '{"version":1,"root":{"type":"directory","entries":{}}}');
  assert.equal(await list(file('')), '{"version":1,"root":{"type":"regular","size":0,"narOffset":96}}');
});

test('section 8: both dialects are read, in any order of keys', () => {
  const current =
    '{"root":{"entries":{"x":{"executable":false,"narOffset":232,"size":1,"type":"regular"}},"type":"directory"},"version":1}';
  const { root } = parseNarListing(current);
  assert.ok(root.type === 'directory');
  assert.deepEqual(Object.values(root.entries)[0], {
    type: 'regular',
    executable: false,
    narOffset: 232,
    size: 1,
  });
  assert.deepEqual(parseRoot({ type: 'regular' }), { version: 1, root: { type: 'regular' } });
  assert.deepEqual(parseRoot({ type: 'symlink', target: 't', odd: 1 }), {
    version: 1,
    root: { type: 'symlink', target: 't' },
  });
});

test('section 8: what is no listing', () => {
  const inDir = (name: string): unknown => ({ type: 'directory', entries: { [name]: { type: 'regular' } } });
  for (const root of [
    undefined,
    null,
    [],
    'x',
    {},
    { type: 'fifo' },
    { type: 'directory' },
    { type: 'directory', entries: [] },
    { type: 'directory', entries: { a: null } },
    { type: 'symlink' },
    { type: 'symlink', target: '' },
    { type: 'symlink', target: 'a\0' },
    { type: 'symlink', target: 7 },
    { type: 'regular', size: -1 },
    { type: 'regular', size: 1.5 },
    { type: 'regular', size: '1' },
    { type: 'regular', size: 2 ** 53 },
    { type: 'regular', narOffset: -1 },
    { type: 'regular', executable: 1 },
    inDir(''),
    inDir('.'),
    inDir('..'),
    inDir('a/b'),
    inDir('../../etc'),
    inDir('a\0'),
    inDir('a'.repeat(256)),
    inDir('\ud800'),
  ]) {
    assert.throws(() => parseRoot(root), refused, JSON.stringify(root));
  }
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{}',
    '{"version":2,"root":{"type":"regular"}}',
    '{"root":{"type":"regular"}}',
  ]) {
    assert.throws(() => parseNarListing(text), refused, text);
  }
});

test('nesting: 63 names, not 64, and a megabyte of it fills no stack', () => {
  const nested = (depth: number): string =>
    `{"version":1,"root":${'{"type":"directory","entries":{"d":'.repeat(depth)}{"type":"regular"}${'}}'.repeat(depth)}}`;
  parseNarListing(nested(63));
  assert.throws(() => parseNarListing(nested(64)), refused);
  assert.throws(() => parseNarListing(nested(25_000)), refused);
});

test('errors name the path', () => {
  assert.throws(
    () =>
      parseRoot({
        type: 'directory',
        entries: { a: { type: 'directory', entries: { b: { type: 'odd' } } } },
      }),
    { ...refused, field: 'a/b' },
  );
});

test('a file may be called __proto__, toJSON or constructor', async () => {
  const tree = dir();
  assert.ok(tree.type === 'directory');
  for (const name of ['__proto__', 'constructor', 'toJSON', 'toString', '10', '9']) {
    tree.members.push([Buffer.from(name), dir({ x: file(name) })]);
  }
  const text = await list(tree);
  assert.equal(printNarListing(parseNarListing(text)), text);
  const { root } = parseNarListing(text);
  assert.ok(root.type === 'directory');
  assert.equal(Object.keys(root.entries).length, 6);
  assert.equal(Object.getPrototypeOf({}), Object.prototype);
});

test('names and targets that are no UTF-8 cannot be printed', async () => {
  const bad = dir();
  assert.ok(bad.type === 'directory');
  bad.members.push([Buffer.from([0xff]), file('')]);
  for (const tree of [bad, link(Buffer.from([0x61, 0xff]))]) {
    const listing = await narListing(readNar(nar(tree)));
    assert.throws(() => printNarListing(listing), refused);
  }
});

test('entries out of order make no listing', async () => {
  const root: NarEntry = { type: 'directory', path: '' };
  const entry = (path: string): NarEntry => ({ type: 'symlink', path, target: 't' });
  for (const entries of [
    [entry('a')],
    [root, entry('a/b')],
    [root, entry('b'), entry('a')],
    [root, entry('a'), entry('a')],
  ]) {
    await assert.rejects(narListing(entries), { name: 'NarError', code: 'ERR_NAR_SYNTAX' });
  }
  await assert.rejects(narListing([]), { code: /ERR_PARSE_LISTING|ERR_NAR_SYNTAX/ });
});

test('entries without offsets make a listing without offsets', async () => {
  const listing = await narListing(entriesOf(file('x')));
  assert.deepEqual(listing, { version: 1, root: { type: 'regular', size: 1 } });
});

test('law: parse(print(listing)) = listing, for every tree that JSON can hold', async () => {
  await fc.assert(
    fc.asyncProperty(trees, async (tree) => {
      const listing = await narListing(readNar(nar(tree)));
      let text: string;
      try {
        text = printNarListing(listing);
      } catch (err) {
        assert.equal((err as { code?: string }).code, 'ERR_PARSE_LISTING');
        return;
      }
      assert.deepEqual(parseNarListing(text), listing);
    }),
  );
});

test('section 8: both dialects are written, names in archive order', async () => {
  const tree = dir({
    10: file('x'),
    9: file('y', true),
    __proto__2: link('t'),
    d: dir({ 2: file(''), 1: file('') }),
  });
  const listing = await narListing(readNar(nar(tree)));
  const [plain, always] = [printNarListing(listing), printNarListing(listing, { executable: 'always' })];
  assert.equal(printNarListing(listing, { executable: 'when-true' }), plain);
  assert.deepEqual(plain.match(/"(10|9|__proto__2|d|1|2)":/g), [
    '"10":',
    '"9":',
    '"__proto__2":',
    '"d":',
    '"1":',
    '"2":',
  ]);
  assert.equal(plain.match(/"executable":true/g)?.length, 1);
  assert.ok(!plain.includes('"executable":false'));
  assert.equal(always.match(/"executable":true/g)?.length, 1);
  assert.equal(always.match(/"executable":false/g)?.length, 3);
  assert.equal(always.replaceAll('"executable":false,', ''), plain);
  // Read from the one dialect, written in the other.
  assert.equal(printNarListing(parseNarListing(plain), { executable: 'always' }), always);
  assert.equal(printNarListing(parseNarListing(always)), plain);
  assert.throws(() => printNarListing(listing, { executable: 'never' as 'always' }), RangeError);
  assert.throws(() => printNarListing(listing, { exec: 'always' } as object), TypeError);
});

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { getuid } from 'node:process';
import { test } from 'node:test';
import { collect, toAsyncIterable } from 'narkit';
import type { NarEntry } from 'narkit/nar';
import { writeNar } from 'narkit/nar';
import { type DumpOptions, dumpPath } from 'narkit/node';
import { tempDir } from '../support/temp.ts';
import { bytesOf, dir, file, link, makeTree, raw, type Tree } from '../support/tree.ts';

/** Above the size up to which files are read at once. */
const LARGE = 700_000;

/** Dumps what is at `path`, copying bodies, which are valid only until the next entry. */
async function entriesOf(path: string | Uint8Array, options?: DumpOptions): Promise<unknown[]> {
  const out: unknown[] = [];
  for (const entry of dumpPath(path, options))
    out.push(entry.type === 'regular' ? { ...entry, body: await bodyOf(entry) } : entry);
  return out;
}

async function bodyOf(entry: NarEntry): Promise<string> {
  assert.ok(entry.type === 'regular');
  return Buffer.from(await collect(entry.body)).toString('latin1');
}

function paths(path: string, options?: DumpOptions): string[] {
  return [...dumpPath(path, options)].map((entry) => entry.path);
}

function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

test('the vectors of real Nix', async (t) => {
  const vectors: [string, Tree, number, string][] = [
    ['file', file('hello\n'), 120, '1c37d01af40be2e80691de3cc3df44377a699afbb17c68f080964b2fd071fc13'],
    ['empty file', file(), 112, '77ac62e2629d8e45f624589c0c8bf99e24b3a722349bf1e79bc186008534e246'],
    [
      'executable',
      file('#!/bin/sh\n', 0o755),
      160,
      '6283c1668260f903d1a895c0cd6b822fa4b68762bb0b17cedef2d39d97e26554',
    ],
    ['symlink', link('target'), 120, 'cb8c62caf2a8997b253ed067d456dab52f8e9814d710c4b3e21dc610c678c774'],
    ['empty directory', dir(), 96, 'a50a5ab6d992f5598edd92105059fae9acfc192981e08bd88534c2167e92526a'],
    [
      'directory',
      dir({ a: file('a', 0o755), sub: dir({ l: link('../a'), eight: file('12345678') }), B: file('B') }),
      1064,
      '5b4c6c62808d0223d21b640addee0cbfe634bbe2d482b69cd8d67d99040a3884',
    ],
  ];
  const base = await tempDir(t);
  for (const [name, tree, size, sha256] of vectors) {
    makeTree(`${base}/${name}`, tree);
    const hash = createHash('sha256');
    let length = 0;
    for await (const chunk of writeNar(dumpPath(`${base}/${name}`))) {
      hash.update(chunk);
      length += chunk.length;
    }
    assert.deepEqual([length, hash.digest('hex')], [size, sha256], name);
  }
});

test('entries carry path, target, size, executable and content', async (t) => {
  const root = `${await tempDir(t)}/root`;
  makeTree(root, dir({ d: dir({ f: file('xyz', 0o700) }), l: link('no/where'), z: file('', 0o654) }));
  const expected = [
    { type: 'directory', path: '' },
    { type: 'directory', path: 'd' },
    { type: 'regular', path: 'd/f', executable: true, size: 3, body: 'xyz' },
    { type: 'symlink', path: 'l', target: 'no/where' },
    { type: 'regular', path: 'z', executable: false, size: 0, body: '' },
  ];
  assert.deepEqual(await entriesOf(root), expected);
  assert.deepEqual(await entriesOf(bytesOf(root)), expected);
  assert.deepEqual(await entriesOf(`${root}//`), expected);
});

test('only the owner counts for executable', async (t) => {
  const base = await tempDir(t);
  const modes: [number, boolean][] = [
    [0o644, false],
    [0o654, false],
    [0o645, false],
    [0o611, false],
    [0o744, true],
    [0o700, true],
    [0o100, true],
  ];
  for (const [mode, executable] of modes) {
    const path = `${base}/${mode}`;
    makeTree(path, file('', mode));
    if (getuid?.() !== 0 && (mode & 0o400) === 0) continue;
    const [entry] = dumpPath(path);
    assert.ok(entry?.type === 'regular');
    assert.equal(entry.executable, executable, `0${mode.toString(8)}`);
  }
});

test('a symlink is never followed, at the root and with a trailing slash neither', async (t) => {
  const base = await tempDir(t);
  makeTree(`${base}/d`, dir({ f: file() }));
  symlinkSync('d', `${base}/l`);
  for (const path of [`${base}/l`, `${base}/l/`]) {
    assert.deepEqual(await entriesOf(path), [{ type: 'symlink', path: '', target: 'd' }]);
  }
});

test('names are bytes, in bytewise order', async (t) => {
  const root = `${await tempDir(t)}/${raw(0x72, 0xff)}`;
  // Bytewise: ASCII, then C3 A9, EF BF BD, F0 9F 98 80, and what is no UTF-8 by its first byte.
  const sorted = [
    'A',
    'a',
    'a-b',
    'a.b',
    'ab',
    raw(0x80),
    'é',
    raw(0xed, 0xa0, 0x80),
    '\ufffd',
    '\u{1f600}',
    raw(0xff),
  ];
  const members = Object.fromEntries(
    sorted.toReversed().map((name) => [name, dir({ [name]: link(raw(0xfe, 0x20)) })]),
  );
  makeTree(root, dir(members));
  assert.deepEqual(paths(root), ['', ...sorted.flatMap((name) => [name, `${name}/${name}`])]);
  assert.deepEqual(await entriesOf(bytesOf(root)), await entriesOf(root));
  const target = await entriesOf(`${root}/a/a`);
  assert.deepEqual(target, [{ type: 'symlink', path: '', target: raw(0xfe, 0x20) }]);
});

test('a large file is read lazily, chunks stay what they were', async (t) => {
  const root = `${await tempDir(t)}/f`;
  const content = Buffer.from(Array.from({ length: LARGE }, (_, i) => (i * 7919) >> 11));
  writeFileSync(root, content);
  for (const size of [LARGE, 262_143, 262_144, 262_145, 524_288, 524_289]) {
    writeFileSync(root, content.subarray(0, size));
    const [entry] = (await entriesOf(root)) as { body: string }[];
    assert.ok(Buffer.from(entry?.body ?? '', 'latin1').equals(content.subarray(0, size)), String(size));
  }
});

test('reuseChunks: two buffers in turn, and the right bytes at their time', async (t) => {
  const root = `${await tempDir(t)}/f`;
  const content = Buffer.from(Array.from({ length: LARGE }, (_, i) => (i * 7919) >> 11));
  writeFileSync(root, content);
  const buffers = new Set<ArrayBufferLike>();
  const hash = createHash('sha256');
  for (const entry of dumpPath(root, { reuseChunks: true })) {
    assert.ok(entry.type === 'regular');
    for await (const chunk of toAsyncIterable(entry.body)) {
      buffers.add(chunk.buffer);
      hash.update(chunk);
    }
  }
  assert.equal(hash.digest('hex'), createHash('sha256').update(content).digest('hex'));
  assert.equal(buffers.size, 2);
});

test('a body cannot be read after the next entry, nor twice', async (t) => {
  const root = `${await tempDir(t)}/d`;
  makeTree(root, dir({ a: file(new Uint8Array(LARGE)), b: file(new Uint8Array(LARGE).fill(1)) }));
  const entries = dumpPath(root)[Symbol.iterator]();
  entries.next();
  const a = entries.next().value as NarEntry;
  const b = entries.next().value as NarEntry;
  await assert.rejects(bodyOf(a), TypeError);
  assert.equal((await bodyOf(b)).length, LARGE);
  assert.equal((await bodyOf(b)).length, 0);
  entries.return?.();
});

test('no file stays open: bodies unread, half read, early end', {
  skip: !existsSync('/proc/self/fd'),
}, async (t) => {
  const root = `${await tempDir(t)}/d`;
  makeTree(root, dir({ a: file(new Uint8Array(LARGE)), b: file(new Uint8Array(LARGE)), c: file('small') }));
  const before = openFiles();
  assert.equal([...dumpPath(root)].length, 4);
  assert.equal(openFiles(), before);
  for (const entry of dumpPath(root)) {
    if (entry.type !== 'regular') continue;
    for await (const _ of toAsyncIterable(entry.body)) break;
    assert.equal(openFiles(), before + 1);
    break;
  }
  assert.equal(openFiles(), before);
  assert.throws(() => {
    for (const entry of dumpPath(root)) if (entry.type === 'regular') throw new Error('consumer');
  }, /consumer/);
  assert.equal(openFiles(), before);
});

test('filter leaves out members and what is below them, never the root', async (t) => {
  const root = `${await tempDir(t)}/d`;
  makeTree(root, dir({ a: dir({ x: file() }), b: dir({ x: file(), y: link('x') }), c: file() }));
  const seen: string[] = [];
  const filter: DumpOptions['filter'] = ({ path, type }) => {
    seen.push(`${path} ${type}`);
    return path !== 'a' && path !== 'b/x';
  };
  assert.deepEqual(paths(root, { filter }), ['', 'b', 'b/y', 'c']);
  assert.deepEqual(seen, ['a directory', 'b directory', 'b/x regular', 'b/y symlink', 'c regular']);
  assert.deepEqual(paths(root, { filter: () => false }), ['']);
});

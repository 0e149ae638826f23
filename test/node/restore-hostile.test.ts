/** Entries, names and destinations that must not be written to. */
import assert from 'node:assert/strict';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { chdir, cwd } from 'node:process';
import { test } from 'node:test';
import { isNarkitError, NarError } from 'narkit';
import type { NarEntry } from 'narkit/nar';
import { restorePath } from 'narkit/node';
import { exists, refused, regular, root, symlink } from '../support/restore.ts';
import { tempDir } from '../support/temp.ts';
import { dir, file, link, makeTree, statTree } from '../support/tree.ts';

test('a destination that exists is refused, whatever it is, and left alone', async (t) => {
  const base = await tempDir(t);
  makeTree(
    `${base}/at`,
    dir({
      file: file('old'),
      dir: dir({ f: file('old') }),
      empty: dir(),
      link: link('dir'),
      dangling: link('none'),
    }),
  );
  const before = statTree(`${base}/at`);
  for (const name of ['file', 'dir', 'empty', 'link', 'dangling', 'link/', 'dangling/', 'file/']) {
    for (const entry of [root, regular('', 'new'), symlink('')]) {
      await refused([entry], `${base}/at/${name}`, 'ERR_FILE_EXISTS', /exists already/);
    }
  }
  assert.deepEqual(statTree(`${base}/at`), before);
  assert.equal(readFileSync(`${base}/at/file`, 'utf8'), 'old');
});

test('a destination by its bare name is made in the working directory', async (t) => {
  const base = await tempDir(t);
  const before = cwd();
  t.after(() => chdir(before));
  chdir(base);
  for (const [i, entry] of [root, regular(''), symlink('')].entries()) {
    const names = [`bare${i}`, `./dot${i}`, `slash${i}/`];
    for (const name of names) await restorePath([entry], name);
    for (const name of names) await refused([entry], name, 'ERR_FILE_EXISTS', /exists already/);
  }
  const kinds = ['bare', 'dot', 'slash'];
  assert.deepEqual(readdirSync('.').sort(), kinds.flatMap((kind) => [0, 1, 2].map((i) => kind + i)).sort());
});

test('a destination that is no new name is refused before anything is read or written', async (t) => {
  const base = await tempDir(t);
  mkdirSync(`${base}/dir`);
  const before = cwd();
  t.after(() => chdir(before));
  chdir(base);
  const untouched: Iterable<NarEntry> = {
    [Symbol.iterator]: () => assert.fail('entries were asked for'),
  };
  for (const path of [
    '',
    '/',
    '.',
    '..',
    'dir/.',
    'dir/..',
    'dir/./',
    'dir/../',
    'new/.',
    'new/..',
    './.',
    'a\0',
  ]) {
    await assert.rejects(restorePath(untouched, path), TypeError, JSON.stringify(path));
    await assert.rejects(restorePath(untouched, Buffer.from(path)), TypeError, JSON.stringify(path));
  }
  assert.deepEqual(readdirSync('.'), ['dir']);
  assert.deepEqual(readdirSync('dir'), []);
});

test('a destination that appears meanwhile is refused too', async (t) => {
  const base = await tempDir(t);
  const appear: ((path: string) => void)[] = [
    (path) => writeFileSync(path, 'old'),
    (path) => mkdirSync(path),
    (path) => makeTree(path, dir({ f: file('old') })),
    (path) => symlinkSync('none', path),
  ];
  let count = 0;
  for (const make of appear) {
    for (const entry of [root, regular('', 'new'), symlink('')]) {
      const destination = `${base}/${count++}`;
      const entries = function* (): Generator<NarEntry> {
        yield entry;
        make(destination);
      };
      await refused(entries(), destination, 'ERR_FILE_EXISTS', /exists already/);
      const stat = lstatSync(destination);
      if (stat.isFile()) assert.equal(readFileSync(destination, 'utf8'), 'old');
      else if (stat.isSymbolicLink()) assert.equal(readlinkSync(destination), 'none');
    }
  }
});

test('hostile or disordered entries are refused', async (t) => {
  const base = await tempDir(t);
  const outside = `${base}/outside`;
  makeTree(outside, dir());
  const d: NarEntry = { type: 'directory', path: 'd' };
  const cases: [string, NarEntry[], RegExp?][] = [
    ['nothing', []],
    ['no root', [regular('a')]],
    ['two roots', [root, root]],
    ['two files as root', [regular(''), regular('')]],
    ['member of a file', [root, regular('a'), regular('a/b')]],
    ['member of a link', [root, symlink('a', outside), regular('a/b')]],
    ['member of a root that is a link', [symlink('', outside), regular('b')]],
    ['dot dot', [root, regular('..')]],
    ['up', [root, regular('../x')]],
    ['up, deeper', [root, d, { type: 'directory', path: 'd/..' }, regular('d/../x')]],
    ['dot', [root, regular('.')]],
    ['absolute', [root, regular(`${outside}/x`)]],
    ['absolute root', [{ type: 'directory', path: outside }]],
    ['empty name', [root, d, regular('d/')]],
    ['NUL', [root, regular('a\0b')]],
    ['duplicate', [root, regular('a'), regular('a')]],
    [
      'duplicate: link, then directory',
      [root, symlink('a', outside), { type: 'directory', path: 'a' }, regular('a/x')],
    ],
    ['not ascending', [root, regular('b'), regular('a')]],
    ['UTF-16 order', [root, regular('\u{1f600}'), regular('\ufffd')]],
    ['directory left behind', [root, d, regular('d/a'), regular('e'), regular('d/b')]],
    ['parent missing', [root, regular('d/a')]],
    ['empty target', [root, symlink('a', '')]],
    ['NUL in target', [root, symlink('a', 'b\0c')]],
    ['too short', [root, { ...regular('a'), size: 8 } as NarEntry], /only 7/],
    ['too long', [root, { ...regular('a'), size: 6 } as NarEntry], /more than 6/],
  ];
  for (const [name, entries, message = /./] of cases) {
    await t.test(name, async () => {
      await refused(entries, `${base}/to`, 'ERR_NAR_SYNTAX', message);
      assert.equal(exists(`${base}/to`), false);
    });
  }
  const deep = Array.from(
    { length: 65 },
    (_, i): NarEntry => ({ type: 'directory', path: Array(i).fill('d').join('/') }),
  );
  await refused(deep, `${base}/to`, 'ERR_NAR_LIMIT', /deeper/);
  await refused([root, regular('n'.repeat(256))], `${base}/to`, 'ERR_NAR_LIMIT', /255/);
  await refused([root, symlink('a', 't'.repeat(4096))], `${base}/to`, 'ERR_NAR_LIMIT', /4095/);
  assert.deepEqual(readdirSync(outside), []);
  assert.deepEqual(readdirSync(base), ['outside']);
});

test('a name that is already taken inside (case folding, an intruder) is refused, links included', async (t) => {
  const base = await tempDir(t);
  makeTree(`${base}/outside`, dir({ f: file('keep') }));
  const intrude: ((path: string) => void)[] = [
    (path) => writeFileSync(path, ''),
    (path) => mkdirSync(path),
    (path) => symlinkSync(`${base}/outside`, path),
    (path) => symlinkSync(`${base}/outside/f`, path),
    (path) => symlinkSync(`${base}/outside/new`, path),
  ];
  for (const make of intrude) {
    for (const entry of [regular('a', 'evil'), symlink('a'), { type: 'directory', path: 'a' } as const]) {
      const entries = function* (): Generator<NarEntry> {
        yield root;
        const temporary = readdirSync(base).find((name) => name.endsWith('.tmp'));
        make(`${base}/${temporary}/a`);
        yield entry;
      };
      await refused(entries(), `${base}/to`, 'ERR_FILE_EXISTS', /same name as one before it/);
    }
  }
  assert.deepEqual(statTree(`${base}/outside`), { '': 'dir 755', '/f': 'file 644' });
  assert.equal(readFileSync(`${base}/outside/f`, 'utf8'), 'keep');
});

test('a destination without a directory fails with the path and the cause', async (t) => {
  const base = await tempDir(t);
  writeFileSync(`${base}/file`, '');
  for (const [parent, code] of [
    ['none', 'ENOENT'],
    ['file', 'ENOTDIR'],
  ]) {
    for (const entry of [root, regular(''), symlink('')]) {
      await assert.rejects(restorePath([entry], `${base}/${parent}/to`), (err) => {
        assert.ok(isNarkitError(err, 'ERR_FILE_IO') && err instanceof NarError);
        assert.equal(err.path, `${base}/${parent}/to`);
        assert.equal((err.cause as NodeJS.ErrnoException).code, code);
        return true;
      });
    }
  }
});

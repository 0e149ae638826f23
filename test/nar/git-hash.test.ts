import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { printHash } from 'narkit/hash';
import { gitHash, readNar } from 'narkit/nar';
import { dumpPath, restorePath } from 'narkit/node';
import { tempDir } from '../support/temp.ts';
import { dir, file, link, nar, type Tree, trees } from './trees.ts';

const idOf = async (tree: Tree, algo: 'sha1' | 'sha256' = 'sha1'): Promise<string> =>
  printHash(await gitHash(readNar(nar(tree)), { algo }), 'base16').slice(algo.length + 1);

const mydir = dir({
  empty: file(''),
  link: link('sub/file'),
  'run.sh': file('#!/bin/sh\necho hi\n', true),
  sub: dir({ file: file('data') }),
});

test('ids that the git program gave', async () => {
  assert.equal(await idOf(file('hello\n')), 'ce013625030ba8dba906f756967f9e9ca394464a');
  assert.equal(await idOf(mydir), '0d6aec7127e940091442e9520fe83f4e63fc1803');
});

test('a directory without members, which git has no files for, is the empty tree', async () => {
  assert.equal(await idOf(dir()), '4b825dc642cb6eb9a060e54bf8d69288fbee4904');
  assert.equal(
    await idOf(dir(), 'sha256'),
    '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
  );
});

test('any tree: what the git program says, directories sorted as it does', async (t) => {
  const git = (cwd: string, ...args: string[]): string =>
    execFileSync('git', args, {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, GIT_CONFIG_NOSYSTEM: '1', HOME: cwd },
    });
  const root = await tempDir(t);
  try {
    git(root, '--version');
  } catch {
    return t.skip('git is not installed');
  }
  // Git itself leaves out empty directories, and takes no file called .git.
  const tidy = (tree: Tree): boolean =>
    tree.type !== 'directory' ||
    (tree.members.length > 0 &&
      tree.members.every(([name, member]) => !/^\.git/i.test(String(name)) && tidy(member)));
  let n = 0;
  const sorted = dir({ a: dir({ x: file('x') }), 'a-b': file('1'), 'a.b': file('2'), a0: link('a') });
  const check = async (tree: Tree): Promise<void> => {
    const place = join(root, String(n++));
    mkdirSync(place);
    await restorePath(readNar(nar(dir({ tree }))), join(place, 'work'));
    git(place, 'init', '--quiet', '--bare', 'repo');
    git(place, '--git-dir=repo', '--work-tree=work', '-c', 'core.autocrlf=false', 'add', '--all');
    const [id = ''] = git(place, '--git-dir=repo', 'write-tree').split('\n');
    const whole = await gitHash(dumpPath(join(place, 'work')));
    assert.equal(printHash(whole, 'base16'), `sha1:${id}`);
  };
  await check(sorted);
  await fc.assert(fc.asyncProperty(trees.filter(tidy), check), { numRuns: 15 });
});

test('refuses other algorithms, and bodies of another length', async () => {
  await assert.rejects(gitHash([], { algo: 'md5' as 'sha1' }), RangeError);
  const body = new Uint8Array(5);
  const entries = [{ type: 'regular', path: '', executable: false, size: 6, body } as const];
  await assert.rejects(gitHash(entries), { code: 'ERR_NAR_SYNTAX' });
  await assert.rejects(gitHash([]), { code: 'ERR_NAR_SYNTAX' });
});

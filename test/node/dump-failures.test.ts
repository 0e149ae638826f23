/** What cannot be dumped, and what changes while it is. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { getuid } from 'node:process';
import { test } from 'node:test';
import { isNarkitError, NarError, toAsyncIterable } from 'narkit';
import { type DumpOptions, dumpPath } from 'narkit/node';
import { tempDir } from '../support/temp.ts';
import { dir, file, makeTree, raw } from '../support/tree.ts';

/** Above the size up to which files are read at once. */
const LARGE = 700_000;

function paths(path: string, options?: DumpOptions): string[] {
  return [...dumpPath(path, options)].map((entry) => entry.path);
}

function fails(run: () => unknown, code: string, path: string, message: RegExp): void {
  assert.throws(run, (err) => {
    assert.ok(err instanceof NarError, String(err));
    assert.deepEqual([err.code, err.path], [code, path]);
    assert.match(err.message, message);
    return true;
  });
}

test('FIFO, socket and device are refused by name, and can be filtered out', async (t) => {
  const base = await tempDir(t);
  const make: [string, RegExp, (path: string) => unknown][] = [
    ['fifo', /a FIFO/, (path) => execFileSync('mkfifo', [path])],
    [
      'socket',
      /a socket/,
      async (path) => {
        const server = createServer();
        await new Promise<void>((resolve) => server.listen(path, resolve));
        t.after(() => server.close());
      },
    ],
  ];
  if (getuid?.() === 0)
    make.push(['null', /a character device/, (path) => execFileSync('mknod', [path, 'c', '1', '3'])]);
  for (const [name, message, run] of make) {
    const root = `${base}/in-${name}`;
    makeTree(root, dir({ a: file('x') }));
    try {
      await run(`${root}/${name}`);
    } catch (err) {
      t.diagnostic(`no ${name} here: ${err}`); // a container may forbid devices
      continue;
    }
    fails(() => paths(root), 'ERR_FILE_UNSUPPORTED', `${root}/${name}`, message);
    fails(() => paths(`${root}/${name}`), 'ERR_FILE_UNSUPPORTED', `${root}/${name}`, message);
    assert.deepEqual(paths(root, { filter: ({ type }) => type !== 'unsupported' }), ['', 'a']);
  }
});

test('a large file that shrinks or grows meanwhile fails before its last chunk', async (t) => {
  const path = `${await tempDir(t)}/f`;
  const change: [RegExp, () => void][] = [
    [/shorter/, () => truncateSync(path, LARGE - 1)],
    [/shorter/, () => truncateSync(path, 0)],
    [/longer/, () => appendFileSync(path, 'x')],
  ];
  for (const reuseChunks of [false, true]) {
    for (const [message, run] of change) {
      writeFileSync(path, new Uint8Array(LARGE));
      let got = 0;
      const read = async (): Promise<void> => {
        for (const entry of dumpPath(path, { reuseChunks })) {
          assert.ok(entry.type === 'regular' && entry.size === LARGE);
          run();
          for await (const chunk of toAsyncIterable(entry.body)) got += chunk.length;
        }
      };
      await assert.rejects(read(), { name: 'NarError', code: 'ERR_FILE_CHANGED', path, message });
      assert.ok(got < LARGE);
    }
  }
});

test('a small file that is not as long as it claims fails', { skip: !existsSync('/proc/version') }, () => {
  // Size 0 with content, and size 4096 with less.
  fails(() => paths('/proc/version'), 'ERR_FILE_CHANGED', '/proc/version', /longer/);
  const short = '/sys/kernel/mm/transparent_hugepage/enabled';
  if (existsSync(short)) fails(() => paths(short), 'ERR_FILE_CHANGED', short, /shorter/);
});

test('a file that becomes something else between listing and opening', { timeout: 10_000 }, async (t) => {
  const base = await tempDir(t);
  const secret = `${base}/secret`;
  writeFileSync(secret, 'secret');
  const swap: [string, RegExp, (path: string) => void][] = [
    ['ERR_FILE_CHANGED', /symlink/, (path) => symlinkSync(secret, path)],
    ['ERR_FILE_CHANGED', /FIFO/, (path) => execFileSync('mkfifo', [path])],
    ['ERR_FILE_CHANGED', /directory/, (path) => mkdirSync(path)],
    ['ERR_FILE_IO', /ENOENT/, () => {}],
  ];
  for (const [i, [code, message, run]] of swap.entries()) {
    const root = `${base}/${i}`;
    makeTree(root, dir({ f: file('x') }));
    const filter = (): boolean => {
      rmSync(`${root}/f`);
      run(`${root}/f`);
      return true;
    };
    fails(() => paths(root, { filter }), code, `${root}/f`, message);
  }
});

test('what is missing or denied fails with the path and the cause', async (t) => {
  const base = await tempDir(t);
  fails(() => paths(`${base}/none`), 'ERR_FILE_IO', `${base}/none`, /none.*ENOENT/);
  fails(() => paths(`${base}/a\nb`), 'ERR_FILE_IO', `${base}/a\nb`, /a\\nb/);
  fails(() => paths(`${base}/${raw(0xff)}`), 'ERR_FILE_IO', `${base}/${raw(0xff)}`, /\\xff/);
  try {
    paths(`${base}/none`);
  } catch (err) {
    assert.ok(isNarkitError(err, 'ERR_FILE_IO'));
    assert.equal((err.cause as NodeJS.ErrnoException).code, 'ENOENT');
  }
  if (getuid?.() === 0) return;
  makeTree(`${base}/d`, dir({ f: file('x', 0) }));
  fails(() => paths(`${base}/d`), 'ERR_FILE_IO', `${base}/d/f`, /EACCES/);
  makeTree(`${base}/e`, dir({ d: dir({}, 0) }));
  fails(() => paths(`${base}/e`), 'ERR_FILE_IO', `${base}/e/d`, /EACCES/);
  chmodSync(`${base}/e/d`, 0o755);
});

test('depth and target are limited as in the newest Nix', async (t) => {
  const base = await tempDir(t);
  mkdirSync(`${base}/d${'/d'.repeat(63)}`, { recursive: true });
  assert.equal(paths(`${base}/d`).length, 64);
  writeFileSync(`${base}/d${'/d'.repeat(62)}/file`, '');
  assert.equal(paths(`${base}/d`).length, 65);
  const deep = `${base}/d${'/d'.repeat(63)}/x`;
  symlinkSync('y', deep);
  fails(() => paths(`${base}/d`), 'ERR_NAR_LIMIT', deep, /deeper than 63/);
  renameSync(`${base}/d/d`, `${base}/root`);
  assert.equal(paths(`${base}/root`).at(-1), `${'d/'.repeat(61)}file`);
  symlinkSync('t'.repeat(4095), `${base}/long`);
  assert.equal(paths(`${base}/long`).length, 1);
  makeTree(`${base}/${'n'.repeat(255)}`, dir({ ['m'.repeat(255)]: file(), ['é'.repeat(127)]: file() }));
  assert.equal(paths(`${base}/${'n'.repeat(255)}`).length, 3);
});

test('wrong arguments are TypeErrors, thrown at once', () => {
  assert.throws(() => dumpPath(''), TypeError);
  assert.throws(() => dumpPath('a\0b'), TypeError);
  assert.throws(() => dumpPath(7 as unknown as string), TypeError);
  assert.throws(() => dumpPath('.', { fliter: () => true } as DumpOptions), /did you mean 'filter'/);
});

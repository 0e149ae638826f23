import assert from 'node:assert/strict';
import { lstatSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { umask } from 'node:process';
import { test } from 'node:test';
import fc from 'fast-check';
import { type NarEntry, readNar } from 'narkit/nar';
import { dumpPath, type RestoreOptions, restorePath } from 'narkit/node';
import { narOf, nothingHidden, refused, regular, root, symlink } from '../support/restore.ts';
import { tempDir } from '../support/temp.ts';
import { bytesOf, dir, file, link, makeTree, raw, statTree, trees } from '../support/tree.ts';

test('a tree comes back as it was, with the modes Nix gives it', async (t) => {
  const base = await tempDir(t);
  const tree = dir({
    a: file('x'.repeat(100), 0o600),
    bin: dir({ tool: file('#!/bin/sh\n', 0o700) }, 0o700),
    big: file(new Uint8Array(3_000_000).fill(7)),
    empty: dir(),
    [raw(0xff)]: link(raw(0x2f, 0xfe)),
    '\u{1f600}': dir({ '\ufffd': file() }),
    '\n"\\ ': file('odd'),
  });
  makeTree(`${base}/from`, tree);
  const result = await restorePath(dumpPath(`${base}/from`), `${base}/to`);
  assert.deepEqual(result, { entries: 10, bytes: 100 + 10 + 3_000_000 + 3 });
  assert.deepEqual(statTree(`${base}/to`), {
    '': 'dir 755',
    '/a': 'file 644',
    '/bin': 'dir 755',
    '/bin/tool': 'file 755',
    '/big': 'file 644',
    '/empty': 'dir 755',
    [`/${raw(0xff)}`]: `link to ${raw(0x2f, 0xfe)}`,
    '/\u{1f600}': 'dir 755',
    '/\u{1f600}/\ufffd': 'file 644',
    '/\n"\\ ': 'file 644',
  });
  assert.ok((await narOf(`${base}/from`)).equals(await narOf(`${base}/to`)));
  assert.ok(Math.abs(statSync(`${base}/to/a`).mtimeMs - Date.now()) < 60_000);
  nothingHidden(`${base}/to`);
});

test('law: restoring what was dumped gives the same NAR', async (t) => {
  const base = await tempDir(t);
  let count = 0;
  await fc.assert(
    fc.asyncProperty(trees, fc.boolean(), async (tree, canonical) => {
      const [from, to] = [`${base}/from${count}`, `${base}/to${count++}`];
      makeTree(from, tree);
      const nar = await narOf(from);
      await restorePath(readNar(nar), to, { canonical });
      assert.ok((await narOf(to)).equals(nar));
    }),
    { numRuns: 40 },
  );
});

test('the root may be a file, an executable or a symlink', async (t) => {
  const base = await tempDir(t);
  for (const canonical of [false, true]) {
    const at = (name: string): string => `${base}/${name}-${canonical}`;
    assert.deepEqual(await restorePath([regular('', 'hello')], at('f'), { canonical }), {
      entries: 1,
      bytes: 5,
    });
    await restorePath([regular('', 'x', true)], at('x'), { canonical });
    await restorePath([symlink('', raw(0xff, 0x41))], at('l'), { canonical });
    assert.equal(readFileSync(at('f'), 'utf8'), 'hello');
    assert.equal(statSync(at('f')).nlink, 1);
    assert.deepEqual(readlinkSync(at('l'), 'buffer'), Buffer.from([0xff, 0x41]));
    assert.deepEqual(
      { ...statTree(at('f')), x: statTree(at('x'))[''] },
      canonical ? { '': 'file 444', x: 'file 555' } : { '': 'file 644', x: 'file 755' },
    );
    if (canonical) for (const name of ['f', 'x', 'l']) assert.equal(lstatSync(at(name)).mtimeMs, 1000, name);
  }
  nothingHidden(`${base}/f`);
});

test('canonical: the modes and times of a store', async (t) => {
  const base = await tempDir(t);
  makeTree(`${base}/from`, dir({ d: dir({ f: file('x'), x: file('y', 0o755) }), l: link('d'), z: dir() }));
  await restorePath(dumpPath(`${base}/from`), `${base}/to`, { canonical: true });
  assert.deepEqual(statTree(`${base}/to`), {
    '': 'dir 555',
    '/d': 'dir 555',
    '/d/f': 'file 444',
    '/d/x': 'file 555',
    '/l': 'link to d',
    '/z': 'dir 555',
  });
  for (const path of ['', '/d', '/d/f', '/d/x', '/l', '/z']) {
    assert.equal(lstatSync(`${base}/to${path}`).mtimeMs, 1000, path);
  }
});

test('modes do not depend on the umask', async (t) => {
  const base = await tempDir(t);
  makeTree(`${base}/from`, dir({ d: dir({ f: file(), x: file('', 0o755) }) }));
  makeTree(`${base}/file`, file('x'));
  const before = umask();
  t.after(() => umask(before));
  for (const mask of [0, 0o077, 0o777]) {
    umask(mask);
    await restorePath(dumpPath(`${base}/from`), `${base}/to${mask}`);
    await restorePath(dumpPath(`${base}/from`), `${base}/store${mask}`, { canonical: true });
    await restorePath(dumpPath(`${base}/file`), `${base}/file${mask}`);
    umask(before);
    assert.deepEqual(Object.values(statTree(`${base}/to${mask}`)), [
      'dir 755',
      'dir 755',
      'file 644',
      'file 755',
    ]);
    assert.deepEqual(Object.values(statTree(`${base}/store${mask}`)), [
      'dir 555',
      'dir 555',
      'file 444',
      'file 555',
    ]);
    assert.deepEqual(Object.values(statTree(`${base}/file${mask}`)), ['file 644']);
  }
});

test('any path form: relative, bytes, not UTF-8, trailing slash, long name', async (t) => {
  const base = await tempDir(t);
  for (const name of [raw(0x61, 0xff), 'n'.repeat(255), 'é'.repeat(127), '\u{1f600}'.repeat(63)]) {
    await restorePath([root, regular('f')], bytesOf(`${base}/${name}`));
    await assert.rejects(restorePath([root], `${base}/${name}`), /exists already/);
    assert.equal(readFileSync(bytesOf(`${base}/${name}/f`), 'utf8'), 'content');
  }
  await restorePath([root], `${base}/slash//`);
  assert.ok(statSync(`${base}/slash`).isDirectory());
  for (const path of ['', '/', '.', '..', `${base}/.`, `${base}/..`, `${base}/x/../`, 'a\0b']) {
    await assert.rejects(restorePath([root], path), TypeError, JSON.stringify(path));
  }
});

test('bodies may be any byte source; their length must be the size', { timeout: 20_000 }, async (t) => {
  const base = await tempDir(t);
  const chunk = new Uint8Array(300_000).fill(1);
  const bodies: Record<string, () => Extract<NarEntry, { type: 'regular' }>['body']> = {
    bytes: () => new Uint8Array(900_000).fill(1),
    large: () => new Uint8Array(2_000_000).fill(1).subarray(0, 900_000),
    array: () => [chunk, chunk, chunk],
    generator: function* () {
      for (let i = 0; i < 3; i++) yield chunk;
    },
    async: async function* () {
      for (let i = 0; i < 3; i++) yield chunk;
    },
    stream: () => new Blob([chunk, chunk, chunk]).stream(),
  };
  for (const [name, body] of Object.entries(bodies)) {
    const of = (size: number): NarEntry => ({
      type: 'regular',
      path: '',
      executable: false,
      size,
      body: body(),
    });
    assert.deepEqual(await restorePath([of(900_000)], `${base}/${name}`), { entries: 1, bytes: 900_000 });
    assert.ok(readFileSync(`${base}/${name}`).equals(new Uint8Array(900_000).fill(1)), name);
    await refused([of(899_999)], `${base}/no`, 'ERR_NAR_SYNTAX', /more than 899999/);
    await refused([of(900_001)], `${base}/no`, 'ERR_NAR_SYNTAX', /only 900000/);
  }
  const endless = function* (): Generator<Uint8Array> {
    for (;;) yield chunk;
  };
  const entry: NarEntry = { type: 'regular', path: '', executable: false, size: 10, body: endless() };
  await refused([entry], `${base}/no`, 'ERR_NAR_SYNTAX', /more than 10/);
});

test('the event loop gets its turns', async (t) => {
  const base = await tempDir(t);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  t.after(() => clearInterval(timer));
  const entries = function* (): Generator<NarEntry> {
    yield root;
    for (let i = 0; i < 20; i++) {
      const until = performance.now() + 10;
      while (performance.now() < until);
      yield symlink(`f${i + 10}`);
    }
  };
  await restorePath(entries(), `${base}/to`);
  assert.ok(turns >= 5, `${turns} turns`);
});

test('unknown options are refused', async () => {
  await assert.rejects(
    restorePath([], 'x', { cannonical: true } as RestoreOptions),
    /did you mean 'canonical'/,
  );
});

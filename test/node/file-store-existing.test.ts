import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FileStore } from 'narkit/node';

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'narkit-existing-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const names = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${from + i}.narinfo`);

/** A directory with every kind of thing that a key may lead to. */
function filled(t: TestContext): { store: FileStore; path: string } {
  const path = directory(t);
  mkdirSync(join(path, 'nar'));
  for (const name of names(0, 100)) {
    writeFileSync(join(path, name), '');
    writeFileSync(join(path, 'nar', name), '');
  }
  mkdirSync(join(path, '200.narinfo'));
  symlinkSync('0.narinfo', join(path, '201.narinfo'));
  symlinkSync('200.narinfo', join(path, '202.narinfo'));
  symlinkSync('nowhere', join(path, '203.narinfo'));
  return { store: new FileStore(path), path };
}

for (const [what, others] of [
  ['of few names', 0],
  ['of many other names', 5000],
] as const) {
  test(`many keys, in a directory ${what}: files and links to files, nothing else`, async (t) => {
    const { store, path } = filled(t);
    for (const name of names(10_000, 10_000 + others)) writeFileSync(join(path, name), '');
    const asked = names(50, 250);
    const keys = [...asked, ...asked.map((name) => `nar/${name}`), ...asked.map((name) => `none/${name}`)];
    const there = names(50, 100);
    assert.deepEqual(
      [...(await store.existing(keys))].sort(),
      [...there, '201.narinfo', ...there.map((name) => `nar/${name}`)].sort(),
    );
  });
}

test('a file for a directory, and no directory at all: nothing is there', async (t) => {
  const path = directory(t);
  writeFileSync(join(path, 'file'), '');
  assert.equal((await new FileStore(path).existing(names(0, 100).map((name) => `file/${name}`))).size, 0);
  assert.equal((await new FileStore(join(path, 'none')).existing(names(0, 100))).size, 0);
});

test('bad keys and aborted signals', async (t) => {
  const { store } = filled(t);
  await assert.rejects(store.existing([...names(0, 100), '../x']), { code: 'ERR_STORE_KEY' });
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(store.existing(names(0, 100), { signal }), /enough/);
});

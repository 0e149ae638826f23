/**
 * The parts of the queued hook: roots, and what its program is made of.
 */
import assert from 'node:assert/strict';
import { lutimesSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  addRoot,
  type GcRoot,
  listRoots,
  removeRoot,
} from '../../../examples/post-build-hook/queued/hook/gc-roots.ts';
import { tempDir } from '../../support/temp.ts';
import { builtHooks } from './hook-programs.ts';

const [A, B] = ['a', 'b?c=d'].map((name) => `/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-${name}`) as [
  string,
  string,
];

async function list(directory: string): Promise<GcRoot[]> {
  const found: GcRoot[] = [];
  for await (const root of listRoots(directory)) found.push(root);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

describe('roots of the garbage collector', () => {
  it('are added once, listed with their age, and removed', async (t) => {
    const dir = await tempDir(t);
    addRoot(dir, A, B);
    lutimesSync(join(dir, A.slice(11)), new Date(), new Date(Date.now() - 600_000));
    // What is there stays, with its age.
    addRoot(dir, A);
    const [a, b] = await list(dir);
    assert.deepEqual([a?.path, b?.path], [A, B]);
    assert.ok(Math.abs((a?.ageMs ?? 0) - 600_000) < 60_000, `${a?.ageMs}`);
    assert.ok((b?.ageMs ?? 1e9) < 60_000);
    assert.equal(await removeRoot(dir, A), true);
    assert.equal(await removeRoot(dir, A), false);
    assert.deepEqual(
      (await list(dir)).map(({ path }) => path),
      [B],
    );
  });

  it('one for a path of that name in another store is replaced, and files are left alone', async (t) => {
    const dir = await tempDir(t);
    const link = join(dir, A.slice(11));
    symlinkSync('/other/store/x', link);
    addRoot(dir, A);
    assert.equal(readlinkSync(link), A);
    writeFileSync(join(dir, 'file'), '');
    mkdirSync(join(dir, 'directory'));
    assert.deepEqual(
      (await list(dir)).map(({ path }) => path),
      [A],
    );
    assert.throws(() => addRoot(dir, '/nix/store/file'), { code: 'EINVAL' });
  });

  it('without their directory they fail', async (t) => {
    const dir = join(await tempDir(t), 'absent');
    assert.throws(() => addRoot(dir, A), { code: 'ENOENT' });
    await assert.rejects(list(dir), { code: 'ENOENT' });
    assert.equal(await removeRoot(dir, A), false);
  });
});

it('the program loads little: no crypto, no threads, no codec, no client, and is small', () => {
  const text = readFileSync(join(builtHooks({ after }), 'enqueue-upload'), 'utf8');
  const loads = new Set([...text.matchAll(/(?:require|import)\("([^"]+)"\)/g)].map(([, name]) => name));
  // The last one by a derivation alone whose file does not say its outputs.
  const expected = ['node:fs', 'node:path', 'node:process', 'node:child_process'];
  assert.deepEqual([...loads].sort(), expected.sort());
  assert.ok(text.length < 50_000, `${text.length} bytes`);
});

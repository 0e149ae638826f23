import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { NixCommand } from 'narkit/node';
import { builtPaths, storeDirOf } from '../../examples/post-build-hook/environment.ts';
import { readFlags } from '../../examples/post-build-hook/flags.ts';
import { pathOf } from '../support/infos.ts';
import { tempDir } from '../support/temp.ts';

describe('the flags of the hook', () => {
  const read = async (dir: string, text: string, ...flags: string[]): ReturnType<typeof readFlags> => {
    await writeFile(join(dir, 'hook.conf'), text);
    return await readFlags(['node', join(dir, 'hook'), ...flags]);
  };

  it('win over the file beside the program, but not over its sections', async (t) => {
    const dir = await tempDir(t);
    const text = 'cache = file:///c\ncompression = xz\ntimeout = 5min\n[a]\n[b]\ncompression = gzip\n';
    const config = await read(dir, text, '--compression', 'none', '--timeout', '2', '--on-error', 'ignore');
    const urls = config.targets.map(({ cacheUrl }) => cacheUrl('/nix/store'));
    assert.deepEqual(
      urls.map((url) => new URL(url).searchParams.get('compression')),
      ['none', 'gzip'],
    );
    assert.equal(config.timeoutMs, 2000);
    assert.equal(config.onError, 'ignore');
  });

  it('suffice without a file, unless one is named', async (t) => {
    const dir = await tempDir(t);
    const { targets } = await readFlags(['node', join(dir, 'hook'), '--cache', 'file:///c']);
    assert.deepEqual(
      targets.map(({ name }) => name),
      ['cache'],
    );
    await assert.rejects(
      readFlags(['node', 'hook', '--cache', 'file:///c', '--config', join(dir, 'absent')]),
      /cannot read.*absent/,
    );
  });

  it('say what is wrong', async (t) => {
    const dir = await tempDir(t);
    const good = 'cache = file:///c\n';
    await assert.rejects(read(dir, good, '--cahce', 'x'), /cahce/);
    await assert.rejects(read(dir, good, '--batch', '3'), /batch/, 'that is for the service');
    await assert.rejects(read(dir, good, '--timeout', 'soon'), /^TypeError: --timeout: timeout: .*'soon'/);
    await assert.rejects(read(dir, good, 'x'), /positional/);
  });
});

describe('the environment of the hook', () => {
  const nix = new NixCommand({ binDir: '/nonexistent' });
  const [a, b] = [pathOf('a'), pathOf('b?x=y')];

  it('OUT_PATHS is split at spaces', async () => {
    const environment = {
      DRV_PATH: `/nix/store/${pathOf('a.drv')}`,
      OUT_PATHS: ` /nix/store/${a}  /nix/store/${b} `,
    };
    assert.equal(storeDirOf(environment), '/nix/store');
    assert.deepEqual(await builtPaths(environment, nix), [a, b]);
    assert.equal(storeDirOf({ OUT_PATHS: `/gnu/store/${a}` }), '/gnu/store');
  });

  it('without either variable it says how it is meant to be run', () => {
    assert.throws(() => storeDirOf({}), /to be run by Nix/);
    assert.throws(() => storeDirOf({ OUT_PATHS: '', DRV_PATH: '' }), /to be run by Nix/);
  });

  it('the program ends with status 1 and one line, without a stack', async (t) => {
    const program = join(import.meta.dirname, '../../examples/post-build-hook/upload-to-cache.ts');
    const args = ['--conditions=@narkit/source', program, '--cache', `file://${await tempDir(t)}`];
    const env = { PATH: process.env['PATH'], OUT_PATHS: '/nix/store/nonsense' };
    const [code, stderr] = await new Promise<[unknown, string]>((resolve) => {
      execFile(process.execPath, args, { env }, (error, _, text) => resolve([error?.code, text]));
    });
    assert.equal(code, 1);
    assert.match(stderr, /^upload-to-cache: invalid store path .*\n$/);
  });
});

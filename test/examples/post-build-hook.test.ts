import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { NixCommand } from 'narkit/node';
import { readConfig } from '../../examples/post-build-hook/config.ts';
import { builtPaths, storeDirOf } from '../../examples/post-build-hook/environment.ts';
import { pathOf } from '../support/infos.ts';
import { tempDir } from '../support/temp.ts';

describe('the configuration of the hook', () => {
  const read = async (dir: string, text: string, ...flags: string[]): ReturnType<typeof readConfig> => {
    await writeFile(join(dir, 'hook.conf'), text);
    return await readConfig(['node', join(dir, 'hook'), ...flags]);
  };

  it('comes from the file beside the program, and flags win', async (t) => {
    const dir = await tempDir(t);
    const text =
      '# where to\ncache = s3://b?region=r  # a bucket\nsecret-key-files = /k1  /k2\ncompression = xz\n\n';
    const config = await read(dir, text, '--compression', 'none');
    assert.equal(config.cacheUrl('/nix/store'), 's3://b?region=r&compression=none&store=%2Fnix%2Fstore');
    assert.deepEqual(config.secretKeyFiles, ['/k1', '/k2']);
    assert.equal(config.allowUnsigned, false);
  });

  it('leaves what the URL says', async (t) => {
    const config = await read(
      await tempDir(t),
      'cache = file:///c?compression=gzip&store=/gnu/store\ncompression = xz\n',
    );
    assert.equal(config.cacheUrl('/nix/store'), 'file:///c?compression=gzip&store=/gnu/store');
  });

  it('says what is wrong, and where', async (t) => {
    const dir = await tempDir(t);
    await assert.rejects(read(dir, 'cahce = https://me:pw@x\n'), /hook\.conf, line 1: .*cache.*got 'cahce'$/);
    await assert.rejects(read(dir, 'cache file:///c\n'), /line 1/);
    await assert.rejects(
      read(dir, '\n# nothing\n'),
      /no cache to upload to: set 'cache = URL' in .*hook\.conf/,
    );
    await assert.rejects(
      read(dir, 'cache = file:///c\nallow-unsigned = maybe\n'),
      /must be true or false, not 'maybe'/,
    );
    await assert.rejects(read(dir, 'cache = file:///c\n', '--cahce', 'x'), /cahce/);
    await assert.rejects(
      readConfig(['node', 'hook', '--config', join(dir, 'absent')]),
      /cannot read.*absent/,
    );
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

/** Restoring that does not come to its end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { execPath } from 'node:process';
import { test } from 'node:test';
import type { NarEntries, NarEntry } from 'narkit/nar';
import { restorePath } from 'narkit/node';
import { exists, nothingHidden, refused, regular, root, symlink } from '../support/restore.ts';
import { tempDir } from '../support/temp.ts';
import { dir, file, makeTree, raw } from '../support/tree.ts';

test('nothing is seen before the entries ended well', async (t) => {
  const destination = `${await tempDir(t)}/to`;
  const entries = async function* (): AsyncGenerator<NarEntry> {
    yield root;
    yield regular('a');
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(exists(destination), false);
    yield regular('b');
    throw new Error('hash mismatch');
  };
  await assert.rejects(restorePath(entries(), destination), /hash mismatch/);
  assert.equal(exists(destination), false);
  nothingHidden(destination);
});

test('a failure removes even what is read-only or not UTF-8, and follows no link', async (t) => {
  const base = await tempDir(t);
  makeTree(`${base}/outside`, dir({ f: file('keep') }));
  const entries = function* (): Generator<NarEntry> {
    yield root;
    yield { type: 'directory', path: 'd' };
    yield { type: 'directory', path: `d/${raw(0xff)}` };
    yield regular(`d/${raw(0xff)}/${raw(0xfe)}`);
    yield symlink('e', `${base}/outside`);
    throw new Error('end');
  };
  await assert.rejects(restorePath(entries(), `${base}/to`, { canonical: true }), /end/);
  nothingHidden(`${base}/to`);
  assert.equal(readFileSync(`${base}/outside/f`, 'utf8'), 'keep');
});

test('abort: at once, even while entries or a body hang; what was written goes', {
  timeout: 10_000,
}, async (t) => {
  const base = await tempDir(t);
  const never = new Promise<never>(() => {});
  const hangs: Record<string, () => NarEntries> = {
    entries: async function* () {
      yield root;
      yield regular('a');
      await never;
    },
    body: function* () {
      yield root;
      const body = async function* (): AsyncGenerator<Uint8Array> {
        yield new Uint8Array(10);
        await never;
      };
      yield { type: 'regular', path: 'a', executable: false, size: 100, body: body() };
    },
    busy: function* () {
      yield root;
      for (let i = 1e6; i < 2e6; i++) yield symlink(`f${i}`);
    },
  };
  for (const [name, entries] of Object.entries(hangs)) {
    const signal = AbortSignal.timeout(40);
    await assert.rejects(
      restorePath(entries(), `${base}/${name}`, { signal }),
      { name: 'TimeoutError' },
      name,
    );
  }
  const reason = new Error('no');
  await assert.rejects(restorePath([root], `${base}/x`, { signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  const last = function* (): Generator<NarEntry> {
    yield root;
    controller.abort(reason);
  };
  await assert.rejects(restorePath(last(), `${base}/x`, { signal: controller.signal }), reason);
  assert.deepEqual(readdirSync(base), []);
});

test('the source of entries is ended when restoring fails', async (t) => {
  const base = await tempDir(t);
  for (const signal of [undefined, new AbortController().signal]) {
    let ended = 0;
    const entries = async function* (): AsyncGenerator<NarEntry> {
      try {
        yield root;
        yield root;
      } finally {
        ended++;
      }
    };
    const options = signal === undefined ? {} : { signal };
    await refused(entries(), `${base}/to`, 'ERR_NAR_SYNTAX', /./, options);
    mkdirSync(`${base}/to`);
    await refused(entries(), `${base}/to`, 'ERR_FILE_EXISTS', /./, options);
    rmdirSync(`${base}/to`);
    assert.equal(ended, 2);
  }
});

test('a process that is killed leaves no destination', async (t) => {
  const base = await tempDir(t);
  const program = `
    import { restorePath } from 'narkit/node';
    async function* entries() {
      yield { type: 'directory', path: '' };
      yield { type: 'regular', path: 'a', executable: false, size: 1, body: new Uint8Array(1) };
      console.log('half way');
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    }
    await restorePath(entries(), ${JSON.stringify(`${base}/to`)});`;
  const args = ['--conditions=@narkit/source', '--input-type=module', '-e', program];
  const cwd = new URL('../..', import.meta.url);
  const child = spawn(execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = new Promise((resolve) => child.once('close', resolve));
  for await (const _ of child.stdout) child.kill('SIGKILL');
  await closed;
  const left = readdirSync(base);
  assert.equal(left.length, 1);
  assert.match(left[0] as string, /^\.to\.[0-9a-f]{16}\.tmp$/);
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { compareAscii } from '../../src/bytes/bytes.ts';
import { isNarkitError, MissingError, StoreError } from '../../src/errors.ts';
import { FileStore, type FileStoreOptions } from '../../src/node/file-store.ts';
import { keysOf } from '../store/keys.ts';

async function scratch(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'narkit-file-store-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function openStore(t: TestContext, options?: FileStoreOptions): Promise<FileStore> {
  return new FileStore(await scratch(t), options);
}

async function names(path: string): Promise<string[]> {
  return (await readdir(path, { recursive: true })).sort(compareAscii);
}

async function textOf(store: FileStore, key: string): Promise<string> {
  return new Response((await store.get(key))?.body).text();
}

const bytes = (text: string) => new TextEncoder().encode(text);

async function failure(promise: Promise<unknown>): Promise<StoreError> {
  const err = await promise.catch((err: unknown) => err);
  assert.ok(err instanceof StoreError, String(err));
  return err;
}

test('keys are paths, and files put there by others are objects', async (t) => {
  const store = await openStore(t);
  await store.put('nar/a:b!c+d?e=f.nar', bytes('x'));
  assert.equal(await readFile(join(store.directory, 'nar/a:b!c+d?e=f.nar'), 'utf8'), 'x');
  await writeFile(join(store.directory, 'nix-cache-info'), 'StoreDir: /nix/store\n');
  assert.equal(await textOf(store, 'nix-cache-info'), 'StoreDir: /nix/store\n');
  assert.match(store.name, /^file:\/\/\//);
});

test('nothing but the objects is left behind, whatever fails', async (t) => {
  const store = await openStore(t);
  await store.put('nar/k', bytes('old'));
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(2_000_000);
    throw new Error('boom');
  }
  await assert.rejects(store.put('nar/k', failing()), /boom/);
  await assert.rejects(store.put('nar/k', bytes('abc'), { size: 4 }));
  await store.put('nar/k', bytes('new'), { ifAbsent: true });
  await Promise.all(Array.from({ length: 9 }, () => store.put('nar/race', bytes('r'), { ifAbsent: true })));
  assert.deepEqual(await names(store.directory), ['nar', 'nar/k', 'nar/race']);
  assert.equal(await textOf(store, 'nar/k'), 'old');
});

test('a body that fails like a file system is not taken for ours', async (t) => {
  const store = await openStore(t);
  for (const code of ['ENOENT', 'EACCES', 'EEXIST']) {
    const error = Object.assign(new Error('from the body'), { code });
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield bytes('part');
      throw error;
    }
    for (const options of [{}, { ifAbsent: true }]) {
      await assert.rejects(store.put('new/dir/k', failing(), options), (err) => err === error);
      assert.equal(await store.head('new/dir/k'), undefined);
    }
  }
});

test('a missing directory: empty to readers, an error to list, made by put or not', async (t) => {
  const path = join(await scratch(t), 'not', 'yet');
  const strict = new FileStore(path, { create: false });
  assert.equal(await strict.head('k'), undefined);
  assert.equal(await strict.get('k'), undefined);
  await strict.delete('k');
  const missing = (err: unknown) =>
    err instanceof MissingError && isNarkitError(err, 'ERR_MISSING_CONTAINER');
  await assert.rejects(keysOf(strict), missing);
  await assert.rejects(strict.put('nar/k', bytes('x')), missing);
  await new FileStore(path, { sync: true }).put('nar/k', bytes('x'));
  await strict.put('log/k', bytes('parents inside are made'));
  assert.deepEqual(await keysOf(strict), ['log/k', 'nar/k']);
});

test('directories and files in the wrong places', async (t) => {
  const store = await openStore(t);
  await mkdir(join(store.directory, 'dir'));
  await store.put('file', bytes('x'));
  assert.equal(await store.head('dir'), undefined);
  assert.equal(await store.get('dir'), undefined);
  await store.delete('dir');
  assert.deepEqual(await names(store.directory), ['dir', 'file']);
  for (const options of [{}, { ifAbsent: true }]) {
    assert.equal((await failure(store.put('dir', bytes('x'), options))).code, 'ERR_STORE_FAILED');
    assert.equal((await failure(store.put('file/below', bytes('x'), options))).code, 'ERR_STORE_FAILED');
    const err = await failure(store.put('n'.repeat(300), bytes('x'), options));
    assert.match(err.message, /ENAMETOOLONG/);
  }
  assert.equal(await store.head('file/below'), undefined);
  assert.equal(await store.head('n'.repeat(300)), undefined);
  await store.put('é'.repeat(127), bytes('longest'));
  assert.equal(await textOf(store, 'é'.repeat(127)), 'longest');
  assert.deepEqual(await names(store.directory), ['dir', 'file', 'é'.repeat(127)]);
});

test('no permission is denied, with the path and what to do', async (t) => {
  const store = await openStore(t);
  await store.put('nar/k', bytes('x'));
  await chmod(join(store.directory, 'nar'), 0);
  // For root nothing is forbidden, so be somebody else for a moment (65534 is "nobody").
  const root = process.geteuid?.() === 0;
  try {
    if (root) process.seteuid?.(65534);
    for (const call of [
      () => store.head('nar/k'),
      () => store.get('nar/k'),
      () => store.put('nar/k', bytes('y')),
    ]) {
      const err = await failure(call());
      assert.equal(err.code, 'ERR_STORE_DENIED');
      assert.ok(err.message.includes(join(store.directory, 'nar/k')), err.message);
      assert.match(err.message, /run as/);
    }
  } finally {
    if (root) process.seteuid?.(0);
    await chmod(join(store.directory, 'nar'), 0o755);
  }
});

test('names of files being written are refused as keys, and not listed', async (t) => {
  const store = await openStore(t);
  const temp = '.k.0123456789abcdef.tmp';
  await writeFile(join(store.directory, temp), 'half');
  assert.ok(isNarkitError(await store.get(temp).catch((err) => err), 'ERR_STORE_KEY'));
  assert.ok(isNarkitError(await store.put(temp, bytes('x')).catch((err) => err), 'ERR_STORE_KEY'));
  assert.deepEqual(await keysOf(store), []);
  await store.put('.k.tmp', bytes('a normal key'));
  assert.deepEqual(await keysOf(store), ['.k.tmp']);
});

test('a writer killed half-way leaves a file that removeStale finds', { timeout: 20_000 }, async (t) => {
  const store = await openStore(t);
  const script = `
    import { FileStore } from ${JSON.stringify(new URL('../../src/node/file-store.ts', import.meta.url).href)};
    async function* body() {
      yield new Uint8Array(3_000_000);
      console.log('half');
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    }
    await new FileStore(${JSON.stringify(store.directory)}).put('nar/k', body());`;
  const args = ['--conditions=@narkit/source', '--input-type=module', '--eval', script];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(await store.head('nar/k'), undefined);
  assert.deepEqual(await keysOf(store), []);
  assert.deepEqual(await store.removeStale(60_000), []);
  const [left = ''] = await readdir(join(store.directory, 'nar'));
  assert.match(left, /^\.k\.[0-9a-f]{16}\.tmp$/);
  const old = new Date(Date.now() - 100_000);
  await utimes(join(store.directory, 'nar', left), old, old);
  await store.put('nar/other', bytes('x'));
  assert.deepEqual(await store.removeStale(60_000), [`nar/${left}`]);
  assert.deepEqual(await names(store.directory), ['nar', 'nar/other']);
});

test('links are followed, but not in circles', async (t) => {
  const store = await openStore(t);
  const elsewhere = await scratch(t);
  await writeFile(join(elsewhere, 'k'), 'linked');
  await symlink(elsewhere, join(store.directory, 'nar'));
  await symlink('..', join(elsewhere, 'up'));
  await symlink(store.directory, join(elsewhere, 'round'));
  await symlink('self', join(store.directory, 'self'));
  await rm(join(elsewhere, 'up'));
  assert.deepEqual(await keysOf(store), ['nar/k']);
  assert.equal(await textOf(store, 'nar/k'), 'linked');
  assert.equal(await store.head('self'), undefined);
});

test('an open body survives its replacement, chunk by chunk', async (t) => {
  const store = await openStore(t);
  const old = new Uint8Array(3_000_000).fill(1);
  await store.put('k', old);
  const object = await store.get('k');
  await store.put('k', new Uint8Array(10));
  await store.delete('k');
  assert.deepEqual(new Uint8Array(await new Response(object?.body).arrayBuffer()), old);
});

test('a file cut short under a reader is an error', async (t) => {
  const store = await openStore(t);
  await store.put('k', new Uint8Array(3_000_000));
  const object = await store.get('k');
  const reader = object?.body.getReader();
  await reader?.read();
  await writeFile(join(store.directory, 'k'), 'short');
  await assert.rejects(async () => {
    while (!(await reader?.read())?.done);
  }, /shorter/);
});

test('no file stays open', { skip: process.platform !== 'linux' }, async (t) => {
  const store = await openStore(t, { sync: true });
  await store.put('k', new Uint8Array(3_000_000));
  const before = (await readdir('/proc/self/fd')).length;
  for (let i = 0; i < 20; i++) {
    const object = await store.get('k');
    if (i % 3 === 0) await object?.body.cancel();
    else if (i % 3 === 1) await new Response(object?.body).arrayBuffer();
    else await store.get('k', { range: { start: 5_000_000 } }).catch(() => object?.body.cancel());
    await store.put('k2', new Uint8Array(9), { size: 3 }).catch(() => undefined);
    await store.put('dir', new Uint8Array(9), { ifAbsent: true });
    await store.get('.').catch(() => undefined);
  }
  assert.equal((await readdir('/proc/self/fd')).length, before);
});

test('misspelt options are refused', async (t) => {
  assert.throws(() => new FileStore('x', { creat: true } as object), TypeError);
  assert.throws(() => new FileStore(''), TypeError);
  const store = await openStore(t);
  await assert.rejects(store.head('k', { sginal: 1 } as object), TypeError);
});

/** Real Nix writes through our handler, and reads back: `nix copy` to and from http. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { createHandler } from '../../src/handler/index.ts';
import { FileStore } from '../../src/node/file-store.ts';
import { MemoryStore, type WritableStore } from '../../src/store/index.ts';
import { faultyStore } from '../../src/testing/index.ts';
import { keysOf } from '../store/keys.ts';
import { serveHandler } from '../store/serve.ts';
import { need } from '../support/require.ts';

const run = promisify(execFile);

/** Directories with a `nix`: the first one in PATH, and all of NARKIT_NIX_BINS (a colon list). */
async function nixBins(): Promise<string[]> {
  const has = (bin: string) =>
    access(join(bin, 'nix')).then(
      () => true,
      () => false,
    );
  const found: string[] = [];
  for (const bin of (process.env.PATH ?? '').split(delimiter)) {
    if (bin !== '' && found.length === 0 && (await has(bin))) found.push(bin);
  }
  for (const bin of (process.env.NARKIT_NIX_BINS ?? '').split(delimiter)) {
    if (bin !== '' && (await has(bin))) found.push(bin);
  }
  return found;
}

/** One Nix with everything it writes in a directory of its own. */
async function openNix(t: TestContext, bin: string) {
  const dir = await mkdtemp(join(tmpdir(), 'narkit-nix-'));
  t.after(async () => {
    // The store's paths are read-only, directories included.
    await run('chmod', ['-R', 'u+w', dir]);
    await rm(dir, { recursive: true, force: true });
  });
  const NIX_CONFIG = 'experimental-features = nix-command\nbuild-users-group =\nsubstituters =\n';
  const env = {
    PATH: process.env.PATH,
    HOME: dir,
    NIX_CONF_DIR: dir,
    XDG_CACHE_HOME: join(dir, 'cache'),
    NIX_CONFIG,
  };
  const call = async (program: string, args: readonly string[]) => {
    const { stdout } = await run(join(bin, program), args, { env, timeout: 30_000 });
    return stdout.trim();
  };
  return { call, storeOf: (name: string) => `local?root=${join(dir, name)}`, dir };
}

// Text files: content-addressed, so they are trusted without signatures, and need no build.
const EXPRESSION = `builtins.toFile "top" "see \${builtins.toFile "dep" (builtins.concatStringsSep "," (map toString (builtins.genList (n: n) 60000)))}"`;

const bins = await nixBins();

test('Nix is there', (t) => {
  need(t, 'nix', bins.length > 0, 'nix');
});

for (const bin of bins) {
  for (const [what, compression] of [
    ['memory', 'xz'],
    ['files', 'none&write-nar-listing=true'],
  ] as const) {
    test(`${bin}: nix copy to our handler over ${what}, and back`, async (t) => {
      const nix = await openNix(t, bin);
      const source = nix.storeOf('source');
      const args = ['--store', source, '--eval', '--read-write-mode', '--json', '-E', EXPRESSION];
      const path = JSON.parse(await nix.call('nix-instantiate', args)) as string;
      const inner: WritableStore =
        what === 'memory' ? new MemoryStore() : new FileStore(join(nix.dir, 'cache-files'));
      const store = faultyStore(inner as MemoryStore, []);
      const errors: unknown[] = [];
      const handler = createHandler(store, {
        write: true,
        cacheInfo: false,
        onError: (err) => errors.push(err),
      });
      await using server = await serveHandler(handler);

      await nix.call('nix', [
        'copy',
        '--from',
        source,
        '--to',
        `${server.url}?compression=${compression}`,
        path,
      ]);
      const keys = await keysOf(store);
      assert.ok(keys.includes('nix-cache-info'), keys.join(' '));
      assert.equal(keys.filter((key) => key.endsWith('.narinfo')).length, 2);
      assert.equal(keys.filter((key) => /^nar\/[0-9a-z]{52}\.nar(\.xz)?$/.test(key)).length, 2);
      assert.equal(keys.filter((key) => key.endsWith('.ls')).length, what === 'files' ? 2 : 0);
      // What is there is not uploaded again.
      const puts = () => store.calls.filter((call) => call.startsWith('put')).length;
      const before = puts();
      await nix.call('nix', ['copy', '--refresh', '--from', source, '--to', server.url, path]);
      assert.equal(puts(), before);

      const target = nix.storeOf('target');
      await nix.call('nix', ['copy', '--refresh', '--from', server.url, '--to', target, path]);
      const hash = (where: string) => nix.call('nix-store', ['--store', where, '-q', '--hash', path]);
      assert.equal(await hash(target), await hash(source));
      await nix.call('nix', ['store', 'verify', '--store', target, '--no-trust', '--recursive', path]);
      assert.deepEqual(errors, []);
    });
  }

  test(`${bin}: nix goes on where a download broke off, and past a 503`, async (t) => {
    const nix = await openNix(t, bin);
    const source = nix.storeOf('source');
    const args = ['--store', source, '--eval', '--read-write-mode', '--json', '-E', EXPRESSION];
    const path = JSON.parse(await nix.call('nix-instantiate', args)) as string;
    const plan = [{ operation: 'get', key: /^nar\//, failAt: 100_000, times: 1 } as const];
    const store = faultyStore(new MemoryStore(), plan);
    let refusals = 1;
    const handler = createHandler(store, { write: true });
    await using server = await serveHandler(async (request) =>
      request.url.endsWith('.narinfo') && request.method === 'GET' && refusals-- > 0
        ? new Response(null, { status: 503 })
        : handler(request),
    );
    await nix.call('nix', ['copy', '--from', source, '--to', `${server.url}?compression=none`, path]);
    const target = nix.storeOf('target');
    await nix.call('nix', ['copy', '--refresh', '--from', server.url, '--to', target, path]);
    await nix.call('nix', ['store', 'verify', '--store', target, '--no-trust', '--recursive', path]);
    assert.ok(store.calls.filter((call) => call.startsWith('get nar/')).length > 2, 'nothing broke off');
  });
}

/**
 * Store paths that real Nix makes, against `makeContentAddressedPath`.
 */
import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type HashAlgo, hashBytes } from 'narkit/hash';
import { isContentAddressed, parsePathInfoJson } from 'narkit/narinfo';
import {
  type ContentAddressMethod,
  makeContentAddressedPath,
  parseContentAddress,
  parseStorePath,
  printContentAddress,
  printStorePath,
} from 'narkit/store-path';
import { isAtLeast, NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const installations = nixInstallations();
const NAMES = ['a', 'hello.txt', '-dash', '.hidden', 'a+b?c=d_e.f-g', '9'.repeat(211)];

describe('store paths against nix-store --add and builtins', () => {
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });

  for (const nix of installations) {
    it(`${nix.version}: flat and recursive, four algorithms, odd names`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      const { storeDir } = world;
      const content = Buffer.from('hello\n');
      // 2.19 and 2.20 refused every leading dot.
      const noDots = isAtLeast(nix, '2.19') && !isAtLeast(nix, '2.21');
      for (const name of NAMES.filter((odd) => !(noDots && odd.startsWith('.')))) {
        await writeFile(join(world.dir, name), content);
        const add = async (...args: string[]): Promise<string> =>
          (await world.run('nix-store', [...args, join(world.dir, name)])).trim();
        const make = (method: ContentAddressMethod, algo: HashAlgo, bytes: Uint8Array): string =>
          printStorePath(
            makeContentAddressedPath(name, { method, hash: hashBytes(algo, bytes) }, { storeDir }),
            storeDir,
          );
        const nar = Buffer.from(await world.run('nix-store', ['--dump', join(world.dir, name)]), 'latin1');
        assert.equal(make('nar', 'sha256', nar), await add('--add'));
        if (name !== 'hello.txt') continue;
        for (const algo of ['md5', 'sha1', 'sha256', 'sha512'] as const) {
          assert.equal(make('flat', algo, content), await add('--add-fixed', algo));
          assert.equal(make('nar', algo, nar), await add('--recursive', '--add-fixed', algo));
        }
      }
    });

    it(`${nix.version}: texts with references, and the ca that Nix states for each path`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      const { storeDir } = world;
      const expression =
        `let a = builtins.toFile "a.txt" "hello\\n"; b = builtins.toFile "b.txt" "ref: \${a}\\n";` +
        ` c = builtins.toFile "c.txt" "\${b} \${a}\\n"; in [ a b c ]`;
      const list = await world.run('nix-instantiate', [
        '--eval',
        '--read-write-mode',
        '--strict',
        '--json',
        '-E',
        expression,
      ]);
      const paths = JSON.parse(list) as string[];
      const infos = parsePathInfoJson(await world.run('nix', ['path-info', '--json', ...paths]), {
        storeDir,
      });
      const counts = paths.map((path) => {
        const storePath = parseStorePath(path, { storeDir });
        const info = infos.get(storePath);
        assert.ok(info?.ca?.method === 'text');
        const { references } = info;
        assert.equal(
          makeContentAddressedPath(storePath.slice(33), info.ca, { storeDir, references }),
          storePath,
        );
        assert.ok(isContentAddressed(info, { storeDir }));
        assert.ok(!isContentAddressed(info));
        return references.length;
      });
      assert.deepEqual(counts, [0, 1, 2]);
    });

    it(`${nix.version}: a path that refers to itself and to others, made content-addressed`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      const { storeDir } = world;
      const expression = `let a = builtins.toFile "a" "x"; in derivation {
        name = "self"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo \${a} $out > $out" ]; }`;
      const built = (await world.run('nix-build', ['--no-out-link', '-E', expression])).trim();
      const out = await world.run('nix', ['store', 'make-content-addressed', '--json', built]);
      const { rewrites } = JSON.parse(out) as { rewrites: Record<string, string> };
      const path = rewrites[built] as string;
      const storePath = parseStorePath(path, { storeDir });
      const info = parsePathInfoJson(await world.run('nix', ['path-info', '--json', path]), { storeDir }).get(
        storePath,
      );
      assert.ok(
        info?.ca?.method === 'nar' && info.references.includes(storePath) && info.references.length === 2,
      );
      assert.ok(isContentAddressed(info, { storeDir }));
      assert.ok(!isContentAddressed({ ...info, references: [storePath] }, { storeDir }));
    });

    it(`${nix.version}: git trees and blobs`, async (t) => {
      if (!isAtLeast(nix, '2.24')) return t.skip('this Nix has no git hashing');
      const world = await NixWorld.create(nix, await tempDir(t));
      await world.configure({ 'experimental-features': 'nix-command git-hashing' });
      const { storeDir } = world;
      const mydir = join(world.dir, 'mydir');
      await mkdir(join(mydir, 'sub'), { recursive: true });
      await writeFile(join(mydir, 'empty'), '');
      await symlink('sub/file', join(mydir, 'link'));
      await writeFile(join(mydir, 'run.sh'), '#!/bin/sh\necho hi\n', { mode: 0o755 });
      await writeFile(join(mydir, 'sub/file'), 'data');
      await writeFile(join(world.dir, 'hello.txt'), 'hello\n');
      // store-path.md section 4: ids by the git program.
      for (const [name, id] of [
        ['mydir', '0d6aec7127e940091442e9520fe83f4e63fc1803'],
        ['hello.txt', 'ce013625030ba8dba906f756967f9e9ca394464a'],
      ] as const) {
        const args = ['store', 'add', '--mode', 'git', '--hash-algo', 'sha1', join(world.dir, name)];
        const path = (await world.run('nix', args)).trim();
        const ca = parseContentAddress(`fixed:git:sha1:${id}`);
        assert.equal(printStorePath(makeContentAddressedPath(name, ca, { storeDir }), storeDir), path);
        const info = parsePathInfoJson(await world.run('nix', ['path-info', '--json', path]), { storeDir });
        const stated = [...info.values()][0]?.ca;
        assert.equal(stated && printContentAddress(stated), printContentAddress(ca));
      }
    });
  }
});

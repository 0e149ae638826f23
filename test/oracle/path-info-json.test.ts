/**
 * `nix path-info --json` of every version against the narinfos of the same paths.
 */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type PathInfo, parseNarInfo, parsePathInfoJson } from 'narkit/narinfo';
import { generateSecretKey, printSecretKey } from 'narkit/signature';
import { hashPart, parseStorePath } from 'narkit/store-path';
import { isAtLeast, NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const installations = nixInstallations();
const EXPRESSION = `let a = builtins.toFile "a" "x"; in derivation {
  name = "out"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo \${a} $out > $out" ]; }`;

describe('nix path-info --json', () => {
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });

  for (const nix of installations) {
    it(`${nix.version}: says what the narinfo says, in every format, of valid and invalid paths`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      const { storeDir } = world;
      const path = (await world.run('nix-build', ['--no-out-link', '-E', EXPRESSION])).trim();
      const keyFile = join(world.dir, 'secret');
      await writeFile(keyFile, printSecretKey(generateSecretKey('k-1')));
      await world.run('nix', ['store', 'sign', '-r', '-k', keyFile, path]);
      const cache = join(world.dir, 'cache');
      await world.run('nix', ['copy', '--to', `file://${cache}?compression=none`, path]);
      const invalid = join(storeDir, `${'1'.repeat(32)}-not-there`);
      const formats = isAtLeast(nix, '2.35') ? ['1', '2', '3'] : isAtLeast(nix, '2.33') ? ['1', '2'] : [];
      const variants = [[], ...formats.map((format) => ['--json-format', format])];
      for (const store of [[], ['--store', `file://${cache}`]]) {
        for (const variant of variants) {
          const args = ['path-info', '--json', ...variant, ...store];
          const closure = parsePathInfoJson(await world.run('nix', [...args, '-r', path]), { storeDir });
          assert.equal(closure.size, 2);
          for (const [storePath, info] of closure) {
            const text = await readFile(join(cache, `${hashPart(storePath)}.narinfo`), 'utf8');
            const {
              url: _,
              compression: __,
              fileHash: ___,
              fileSize: ____,
              ...expected
            } = parseNarInfo(text, { storeDir });
            assert.deepEqual(info, expected satisfies PathInfo, args.join(' '));
            assert.equal(info?.signatures.length, 1);
          }
          const both = parsePathInfoJson(await world.run('nix', [...args, path, invalid]), { storeDir });
          assert.equal(both.size, 2);
          assert.deepEqual(
            both.get(parseStorePath(path, { storeDir })),
            closure.get(parseStorePath(path, { storeDir })),
          );
          const missing = parseStorePath(invalid, { storeDir });
          assert.ok(both.has(missing));
          assert.equal(both.get(missing), undefined);
        }
      }
    });
  }
});

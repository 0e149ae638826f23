/**
 * Paths that refer to themselves, made content-addressed by real Nix: their hash modulo, and the
 * references found in them.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collect, toAsyncIterable } from 'narkit';
import { contentCheck } from 'narkit/cache';
import { equalHash, hashBytes } from 'narkit/hash';
import { parsePathInfoJson } from 'narkit/narinfo';
import { findReferences, hashModulo, hashPart, parseStorePath } from 'narkit/store-path';
import { isAtLeast, NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const installations = nixInstallations();

describe('self-references against nix store make-content-addressed', () => {
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });

  for (const nix of installations) {
    it(`${nix.version}: hash modulo, references, and content check`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      const { storeDir } = world;
      const expression = `let a = builtins.toFile "a" "x"; b = builtins.toFile "b" "y"; in derivation {
        name = "self"; system = builtins.currentSystem; builder = "/bin/sh";
        args = [ "-c" "PATH=/bin:/usr/bin; mkdir $out; : \${b}; echo $out$out > $out/file; ln -s $out/file $out/link; echo \${a} > $out/other" ]; }`;
      const built = (await world.run('nix-build', ['--no-out-link', '-E', expression])).trim();
      const out = await world.run('nix', ['store', 'make-content-addressed', '--json', built]);
      const { rewrites } = JSON.parse(out) as { rewrites: Record<string, string> };
      const path = rewrites[built] as string;
      const storePath = parseStorePath(path, { storeDir });
      const json = await world.run('nix', ['path-info', '--json', path]);
      const info = parsePathInfoJson(json, { storeDir }).get(storePath) ?? assert.fail();
      assert.ok(info.ca?.method === 'nar');
      const nar = Buffer.from(await world.run('nix-store', ['--dump', path]), 'latin1');

      // 2.17 to 2.34 left the positions out.
      const positions = !isAtLeast(nix, '2.17') || isAtLeast(nix, '2.35');
      const expected = info.ca.hash;
      assert.deepEqual(await hashModulo('sha256', nar, hashPart(storePath), { positions }), expected);
      const other = await hashModulo('sha256', nar, hashPart(storePath), { positions: !positions });
      assert.ok(!equalHash(other, expected));
      assert.ok(!equalHash(hashBytes('sha256', nar), expected));

      const check = contentCheck(info) ?? assert.fail();
      assert.equal((await collect(check(toAsyncIterable(nar)))).length, info.narSize);

      const drv = (await world.run('nix-instantiate', ['-E', expression])).trim();
      const inputs = (await world.run('nix-store', ['--query', '--references', drv])).trim().split('\n');
      // Of the inputs none is left: a was made content-addressed too, and b is not in the output.
      const candidates = [...inputs.map((text) => parseStorePath(text, { storeDir })), ...info.references];
      assert.equal(new Set(candidates).size, 4);
      assert.deepEqual(await findReferences(nar, candidates), [...info.references].sort());
    });
  }
});

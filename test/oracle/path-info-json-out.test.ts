/** `nix path-info --json` of every version against what we print of the same infos. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  type NarInfo,
  type PathInfo,
  type PathInfoJsonFormat,
  parseNarInfo,
  parsePathInfoJson,
  printPathInfoJson,
} from 'narkit/narinfo';
import { generateSecretKey, printSecretKey } from 'narkit/signature';
import { hashPart, type StorePath } from 'narkit/store-path';
import { isAtLeast, NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const installations = nixInstallations();
const EXPRESSION = `let a = builtins.toFile "a" "x"; in derivation {
  name = "out"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo \${a} $out > $out" ]; }`;

/** Without what no `PathInfo` knows, and what this version does not print yet. */
function comparable(text: string, absent: readonly string[]): unknown {
  return JSON.parse(text, (key, value: unknown) => (absent.includes(key) ? undefined : value));
}

describe('nix path-info --json, printed', () => {
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });

  for (const nix of installations) {
    it(`${nix.version}: prints the same`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      const { storeDir } = world;
      const path = (await world.run('nix-build', ['--no-out-link', '-E', EXPRESSION])).trim();
      const keyFile = join(world.dir, 'secret');
      await writeFile(keyFile, printSecretKey(generateSecretKey('k-1')));
      await world.run('nix', ['store', 'sign', '-k', keyFile, path]);
      const cache = join(world.dir, 'cache');
      await world.run('nix', ['copy', '--to', `file://${cache}?compression=none`, path]);
      const closure = (await world.run('nix-store', ['-qR', path])).trim().split('\n');
      const paths = [...closure, join(storeDir, `${'1'.repeat(32)}-not-there`)];

      const variants: [PathInfoJsonFormat, string[], string[]][] = isAtLeast(nix, '2.33')
        ? [
            [1, ['--json-format', '1'], []],
            [2, ['--json-format', '2'], []],
          ]
        : isAtLeast(nix, '2.19')
          ? [[1, [], ['version', 'storeDir']]]
          : [['array', [], isAtLeast(nix, '2.9') ? [] : ['compression']]];
      if (isAtLeast(nix, '2.35')) variants.push([3, ['--json-format', '3'], []]);
      for (const [format, args, missing] of variants) {
        const query = ['path-info', '--json', ...args];
        const local = await world.run('nix', [...query, ...paths]);
        const absent = [...missing, 'registrationTime', 'ultimate'];
        const printed = printPathInfoJson(parsePathInfoJson(local, { storeDir }), { format, storeDir });
        assert.deepEqual(comparable(printed, absent), comparable(local, absent));

        // Of a cache nothing is unknown: every byte can be told.
        const remote = await world.run('nix', [...query, '--store', `file://${cache}`, ...paths]);
        const infos = new Map<StorePath, PathInfo | undefined>();
        for (const [storePath, info] of parsePathInfoJson(remote, { storeDir })) {
          const text = async (): Promise<NarInfo> =>
            parseNarInfo(await readFile(join(cache, `${hashPart(storePath)}.narinfo`), 'utf8'), { storeDir });
          infos.set(storePath, info === undefined ? undefined : await text());
        }
        assert.equal(infos.size, 3);
        const ours = printPathInfoJson(infos, { format, storeDir });
        if (missing.length === 0) assert.equal(ours, remote.trim());
        assert.deepEqual(comparable(ours, missing), comparable(remote, missing));
      }
    });
  }
});

/**
 * Caches written by real `nix copy`, read, verified and restored by us.
 */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readNar } from 'narkit/nar';
import { printNarInfo } from 'narkit/narinfo';
import { openCache, readPublicKeyFile, restorePath } from 'narkit/node';
import { closure, fetchPath } from 'narkit/publish';
import { parseStorePath } from 'narkit/store-path';
import { NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const EXPRESSION = `
let dep = builtins.toFile "dep" "a dependency\\n";
in derivation {
  name = "big"; system = builtins.currentSystem; builder = "/bin/sh"; inherit dep;
  args = [ "-c" "/bin/mkdir -p $out/bin; echo $dep > $out/dep; /usr/bin/head -c 700000 /dev/urandom > $out/r; /usr/bin/head -c 18000000 /dev/zero > $out/z; echo x > $out/bin/x; /bin/chmod +x $out/bin/x; /bin/ln -s $dep $out/l" ];
}`;

const installations = nixInstallations();

describe('caches written by nix copy', () => {
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });

  for (const nix of installations) {
    it(`${nix.version}: none, xz, zstd, gzip, bzip2, br`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      const [secret, publicFile] = [join(world.dir, 'key.private'), join(world.dir, 'key.public')];
      await world.run('nix-store', ['--generate-binary-cache-key', 'real-1', secret, publicFile]);
      await writeFile(join(world.dir, 'big.nix'), EXPRESSION);
      const path = (await world.run('nix-build', ['--no-out-link', 'big.nix'])).trim();
      const { storeDir } = world;
      const storePath = parseStorePath(path, { storeDir });
      const expected = await world.run('nix-store', ['--dump', path]);
      const trustedKeys = [await readPublicKeyFile(publicFile)];

      // xz at its fastest: its default would take half a minute here.
      for (const compression of ['none', 'xz&compression-level=0', 'zstd', 'gzip', 'bzip2', 'br']) {
        const url = `file://${world.dir}/cache-${compression.slice(0, 5)}?compression=${compression}`;
        await world.run('nix', ['copy', '--to', `${url}&secret-key=${secret}`, path]);
        const { cache } = await openCache(`${url}&store=${storeDir}`);
        const infos = await closure([storePath], (each) => cache.narInfo(each));
        assert.equal(infos.length, 2);
        for (const info of infos) {
          const { nar, narInfo } = await fetchPath(cache, info.storePath, { trustedKeys });
          const restored = join(world.dir, `${compression.slice(0, 5)}-${info.storePath}`);
          await restorePath(readNar(nar), restored);
          const text = await readFile(
            join(world.dir, `cache-${compression.slice(0, 5)}`, `${info.storePath.slice(0, 32)}.narinfo`),
          );
          assert.equal(printNarInfo(narInfo, { storeDir }), text.toString());
          if (info.storePath === storePath) {
            assert.equal(await world.run('nix-store', ['--dump', restored]), expected, compression);
          }
        }
      }
    });
  }
});

/** Caches that real Nix wrote: no seek tables, other compressions. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { BinaryCache, openArchive } from 'narkit/cache';
import { FileStore, nodeCodecs } from 'narkit/node';
import { parseStorePath } from 'narkit/store-path';
import { NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const installations = nixInstallations();

describe('single files of NARs that Nix compressed', () => {
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });

  for (const nix of installations) {
    it(`${nix.version}: none, xz, zstd, and zstd in parallel`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      const tree = join(world.dir, 'tree');
      await mkdir(tree);
      const large = Buffer.alloc(3_000_001, 'narkit');
      await writeFile(join(tree, 'a'), large);
      await writeFile(join(tree, 'b'), 'bee');
      const disk = (await world.run('nix-store', ['--add', tree])).trim();
      const path = parseStorePath(disk, { storeDir: world.storeDir });
      for (const compression of ['none', 'xz', 'zstd', 'zstd&parallel-compression=true']) {
        const directory = join(world.dir, compression);
        const url = `file://${directory}?write-nar-listing=true&compression=${compression}`;
        await world.run('nix', ['copy', '--to', url, disk]);
        const store = new FileStore(directory);
        const cache = new BinaryCache(store, { storeDir: world.storeDir, decoders: nodeCodecs });
        const info = (await cache.narInfo(path)) ?? assert.fail();
        const archive = (await openArchive(cache, info)) ?? assert.fail();
        assert.equal(Buffer.from((await archive.readBytes('b')) ?? []).toString(), 'bee', compression);
        const part = await archive.readBytes('a', { offset: 2_000_000, length: 1000 });
        assert.deepEqual(part, new Uint8Array(large.subarray(2_000_000, 2_001_000)), compression);
      }
    });
  }
});

/** NARs and listings that real Nix put into a cache, read file by file through a store. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { collect } from 'narkit';
import { BinaryCache } from 'narkit/cache';
import {
  type NarArchive,
  type NarListing,
  openNar,
  readNar,
  readTree,
  treeEntries,
  writeNar,
} from 'narkit/nar';
import { dumpPath, FileStore } from 'narkit/node';
import { parseStorePath } from 'narkit/store-path';
import { NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const installations = nixInstallations();

describe('random access', () => {
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });

  for (const nix of installations) {
    it(`${nix.version}: every file of its NAR, by its listing, is the file on the disk`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      const tree = join(world.dir, 'tree');
      await mkdir(join(tree, 'sub/empty'), { recursive: true });
      for (const name of ['10', '9', '__proto__', 'sub/\u00fc', 'sub/\u{1f600}', 'sub/\uffff'])
        await writeFile(join(tree, name), name.repeat(name.length));
      await writeFile(join(tree, 'none'), '');
      await writeFile(join(tree, 'large'), Buffer.alloc(3_000_001, 'narkit'));
      await chmod(join(tree, '9'), 0o755);
      await symlink('sub/\u00fc', join(tree, 'link'));
      const disk = (await world.run('nix-store', ['--add', tree])).trim();
      const directory = join(world.dir, 'cache');
      const url = `file://${directory}?write-nar-listing=true&compression=none`;
      await world.run('nix', ['copy', '--to', url, disk]);

      const store = new FileStore(directory);
      const cache = new BinaryCache(store, { storeDir: world.storeDir });
      const path = parseStorePath(disk, { storeDir: world.storeDir });
      const info = await cache.narInfo(path);
      assert.equal(info?.compression, 'none');
      let asked = 0;
      const archive = openNar(
        (await cache.listing(path)) as NarListing,
        async (offset, length, options) => {
          asked++;
          const range = { start: offset, end: offset + length - 1 };
          const object = await store.get(info.url, { ...options, range });
          assert.deepEqual(object?.range, range);
          return object?.body as ReadableStream<Uint8Array>;
        },
        { narSize: info.narSize },
      );

      const files = await compare(archive, '', disk);
      assert.equal(files, 8);
      assert.equal(asked, files, 'one range request a file');
      assert.equal(archive.resolve('link'), 'sub/\u00fc');
      const part = await archive.readBytes('large', { offset: 2_999_990, length: 100 });
      assert.deepEqual(part, new Uint8Array(Buffer.alloc(3_000_001, 'narkit').subarray(2_999_990)));

      const nar = await collect(await cache.openNar(info));
      assert.deepEqual(await collect(writeNar(archive.entries())), nar);
      assert.deepEqual(await collect(writeNar(treeEntries(await readTree(readNar(nar))))), nar);
      const sub = archive.subtree('sub')?.entries() ?? [];
      assert.deepEqual(await collect(writeNar(sub)), await collect(writeNar(dumpPath(join(disk, 'sub')))));
    });
  }
});

/** Compares a directory with the disk's. Returns how many files are in it. */
async function compare(archive: NarArchive, path: string, disk: string): Promise<number> {
  const names = (await readdir(disk, { encoding: 'buffer' })).sort(Buffer.compare).map(String);
  const members = archive.readDirectory(path) ?? new Map();
  assert.deepEqual([...members.keys()], names);
  let files = 0;
  for (const [name, member] of archive.readDirectory(path) ?? []) {
    const inner = path === '' ? name : `${path}/${name}`;
    if (member.type === 'directory') files += await compare(archive, inner, join(disk, name));
    else if (member.type === 'regular') {
      const { size, mode } = await stat(join(disk, name));
      assert.deepEqual(member, { type: 'regular', executable: (mode & 0o100) !== 0, size });
      const bytes = Buffer.from((await archive.readBytes(inner)) ?? []);
      assert.ok(bytes.equals(await readFile(join(disk, name))), inner);
      files++;
    }
  }
  return files;
}

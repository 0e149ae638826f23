/** Export streams of real Nix, read and written again; ours, imported by real Nix. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { collect } from 'narkit';
import { type ExportInfo, readExport, readNar, writeExport } from 'narkit/nar';
import { parsePathInfoJson } from 'narkit/narinfo';
import { dumpPath } from 'narkit/node';
import { parseStorePath, printStorePath } from 'narkit/store-path';
import { NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const installations = nixInstallations();
/** A closure of text, a tree, and what refers to them and to itself. */
const EXPRESSION = (src: string): string => `let a = builtins.toFile "a" "x"; in derivation {
  name = "out"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo \${a} \${${src}} $out > $out" ]; }`;

/** `nix-store --import`, which reads its standard input. */
async function importInto(world: NixWorld, stream: Uint8Array): Promise<string[]> {
  return await new Promise((resolve, reject) => {
    const child = execFile(
      join(world.nix.binDir, 'nix-store'),
      ['--import'],
      { env: world.env },
      (error, out) => (error === null ? resolve(out.trim().split('\n')) : reject(error)),
    );
    child.stdin?.on('error', () => {}); // it may stop reading at the first fault
    child.stdin?.end(stream);
  });
}

describe('nix-store --export and --import', () => {
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });

  for (const nix of installations) {
    it(`${nix.version}: its stream is read, written again byte for byte, and ours is imported`, async (t) => {
      const dir = await tempDir(t);
      const world = await NixWorld.create(nix, join(dir, 'world'));
      const { storeDir } = world;
      await mkdir(join(dir, 'src/sub'), { recursive: true });
      await writeFile(join(dir, 'src/program'), '#!/bin/sh\n', { mode: 0o755 });
      await writeFile(join(dir, 'src/sub/large'), new Uint8Array(300_001).fill(7));
      const path = (
        await world.run('nix-build', ['--no-out-link', '-E', EXPRESSION(join(dir, 'src'))])
      ).trim();
      const closure = (await world.run('nix-store', ['-qR', path])).trim().split('\n');
      assert.equal(closure.length, 3);
      const exported = Buffer.from(await world.run('nix-store', ['--export', ...closure]), 'latin1');
      assert.deepEqual(
        Buffer.from(await collect(writeExport(readExport(exported, { storeDir }), { storeDir }))),
        exported,
      );

      const known = parsePathInfoJson(await world.run('nix', ['path-info', '--json', ...closure]), {
        storeDir,
      });
      const found: ExportInfo[] = [];
      for await (const object of readExport(exported, { storeDir })) found.push(await object.info());
      assert.equal(found.length, 3);
      for (const { storePath, references, deriver } of found) {
        assert.deepEqual(references, known.get(storePath)?.references);
        assert.equal(deriver, known.get(storePath)?.deriver);
      }
      assert.ok(found.some(({ deriver }) => deriver !== undefined));

      // Written from the disk, and taken by another store at the same place.
      const ours = await collect(
        writeExport(
          found.map((info) => ({
            entries: dumpPath(printStorePath(info.storePath, storeDir)),
            info: () => info,
          })),
          { storeDir },
        ),
      );
      assert.deepEqual(Buffer.from(ours), exported);
      for (const name of ['store', 'var']) {
        await rename(join(world.dir, name), join(world.dir, `old-${name}`));
        await mkdir(join(world.dir, name));
      }
      assert.notEqual((await world.try('nix-store', ['--check-validity', path])).code, 0);
      assert.deepEqual(
        await importInto(world, ours),
        found.map((info) => printStorePath(info.storePath, storeDir)),
      );
      await world.run('nix-store', ['--verify-path', ...closure]);
      assert.deepEqual(
        Buffer.from(await world.run('nix-store', ['--export', ...closure]), 'latin1'),
        exported,
        'what was imported exports the same again',
      );
      await rm(join(world.dir, 'old-var'), { recursive: true });
    });

    it(`${nix.version}: agrees on what is no export stream`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      const { storeDir } = world;
      const info = {
        storePath: parseStorePath(`${storeDir}/${'1'.repeat(32)}-x`, { storeDir }),
        references: [],
      };
      const nar = Buffer.from(
        await world.run('nix-store', ['--dump', join(world.dir, 'conf/nix.conf')]),
        'latin1',
      );
      const good = Buffer.from(
        await collect(writeExport([{ entries: readNar(nar), info: () => info }], { storeDir })),
      );
      const magic = good.indexOf('NIXE');
      const changed = (offset: number, byte: number): Buffer => {
        const bytes = Buffer.from(good);
        bytes[offset] = byte;
        return bytes;
      };
      const cases: [string, Buffer, boolean][] = [
        ['as it is', good, true],
        ['a marker of 2', changed(0, 2), false],
        ['a wrong magic', changed(magic, 0x4f), false],
        ['a magic of more than 32 bits', changed(magic + 4, 1), false],
        ['a signature flag of 2', changed(good.length - 16, 2), true],
        ['a signature flag of 2^32', changed(good.length - 12, 1), false],
        ['a path of another store', changed(magic + 17, 0x2e), false],
        ['no end marker', good.subarray(0, -8), false],
        ['an end marker of 2', changed(good.length - 8, 2), false],
      ];
      for (const [what, bytes, accepted] of cases) {
        const ours = await collect(writeExport(readExport(bytes, { storeDir }), { storeDir })).then(
          () => true,
          () => false,
        );
        const theirs = await importInto(world, bytes).then(
          () => true,
          () => false,
        );
        assert.deepEqual([ours, theirs], [accepted, accepted], what);
      }
    });
  }
});

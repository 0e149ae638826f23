/** Listings of real Nix, in caches and by `nix nar ls`, against ours. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { narListing, parseNarListing, printNarListing, readNar } from 'narkit/nar';
import { isAtLeast, NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const installations = nixInstallations();

describe('listings', () => {
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });

  for (const nix of installations) {
    it(`${nix.version}: nix nar ls and the .ls of a cache say what ours says`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      const tree = join(world.dir, 'tree');
      await mkdir(join(tree, 'sub/empty'), { recursive: true });
      for (const name of ['10', '9', 'e', 'tab\t"quoted"', 'sub/\u00fc', 'sub/\ufffd', 'sub/\u{1f600}'])
        await writeFile(join(tree, name), name === 'e' ? '' : name);
      await chmod(join(tree, '9'), 0o755);
      await symlink('../\u00e4', join(tree, 'l'));
      const path = (await world.run('nix-store', ['--add', tree])).trim();
      const nar = Buffer.from(await world.run('nix-store', ['--dump', path]), 'latin1');
      await writeFile(join(world.dir, 'x.nar'), nar);
      const cache = join(world.dir, 'cache');
      await world.run('nix', ['copy', '--to', `file://${cache}?write-nar-listing=true`, path]);
      const file = (await readdir(cache)).find((name) => name.endsWith('.ls')) ?? '';
      const written = await readFile(join(cache, file), 'utf8');
      const listed = await world.run('nix', ['nar', 'ls', '--json', '-R', 'x.nar', '/']);
      const theirs = Buffer.from(listed, 'latin1').toString('utf8').trim();

      const ours = await narListing(readNar(nar));
      const executable = written.includes('"executable":false') ? 'always' : 'when-true';
      const printed = printNarListing(ours, { executable });
      assert.deepEqual(JSON.parse(printed), JSON.parse(written));
      assert.deepEqual(JSON.parse(printed), { version: 1, root: JSON.parse(theirs) });
      assert.equal(printNarListing(parseNarListing(written), { executable }), printed);
      if (!isAtLeast(nix, '2.9')) assert.equal(printed, written, 'the form of 2.8, byte for byte');
    });
  }
});

/**
 * Realisations of real Nix (content-addressed derivations, experimental) against ours. Every version
 * here has the older layout; the newer one has only the reference's words to go by.
 */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { BinaryCache } from 'narkit/cache';
import { FileStore } from 'narkit/node';
import {
  parseRealisation,
  parseRealisationKey,
  printRealisation,
  type Realisation,
  signRealisation,
  validRealisationSigners,
} from 'narkit/realisation';
import {
  createSigner,
  generateSecretKey,
  Keyring,
  printPublicKey,
  printSecretKey,
  toPublicKey,
} from 'narkit/signature';
import { printStorePath } from 'narkit/store-path';
import { NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const installations = nixInstallations();
const EXPRESSION = `let make = name: script: derivation {
    inherit name; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" script ];
    __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256";
  }; in make "top" "echo \${make "dep" "echo hi > $out"} > $out"`;
const COPY = ['copy', '--impure', '--expr', EXPRESSION];

describe('realisations', () => {
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });

  for (const nix of installations) {
    it(`${nix.version}: its realisations print back and verify; ours are trusted`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      const { storeDir } = world;
      const secret = generateSecretKey('k-1');
      const signer = createSigner(secret);
      const keyring = new Keyring([toPublicKey(secret)]);
      await writeFile(join(world.dir, 'secret'), printSecretKey(secret));
      const features = { 'experimental-features': 'nix-command ca-derivations' };
      await world.configure({ ...features, 'secret-key-files': join(world.dir, 'secret') });
      const path = (await world.run('nix-build', ['--no-out-link', '-E', EXPRESSION])).trim();
      const dir = join(world.dir, 'cache');
      await world.run('nix', [...COPY, '--to', `file://${dir}?compression=none`]);

      const files = await readdir(join(dir, 'realisations'));
      assert.ok(files.length > 0);
      const found: [string, Realisation][] = [];
      for (const file of files) {
        const text = await readFile(join(dir, 'realisations', file), 'utf8');
        const id = parseRealisationKey(`realisations/${file}`);
        assert.ok('drvHash' in id);
        const realisation = parseRealisation(text, id);
        assert.equal(printRealisation(realisation), text.trim());
        assert.deepEqual(validRealisationSigners(realisation, keyring), ['k-1']);
        const again = await signRealisation({ ...realisation, signatures: [] }, [signer]);
        assert.deepEqual(again, realisation);
        const cache = new BinaryCache(new FileStore(dir), { storeDir });
        assert.deepEqual(await cache.realisation(id), realisation);
        found.push([file, realisation]);
      }
      assert.ok(found.some(([, { outPath }]) => printStorePath(outPath, storeDir) === path));

      // An empty store at the same place takes them from the cache if it trusts their signatures.
      const ours = createSigner(generateSecretKey('ours-1'));
      await world.configure({ ...features, 'trusted-public-keys': printPublicKey(ours.publicKey) });
      let round = 0;
      const copyFrom = async (
        change: (realisation: Realisation) => Promise<Realisation>,
      ): Promise<string> => {
        round++;
        for (const name of ['store', 'var', 'home']) {
          await rename(join(world.dir, name), join(world.dir, `${name}-${round}`));
          await mkdir(join(world.dir, name));
        }
        for (const [file, realisation] of found)
          await writeFile(join(dir, 'realisations', file), printRealisation(await change(realisation)));
        const { code, stderr } = await world.try('nix', [...COPY, '--from', `file://${dir}`]);
        return code === 0 ? 'taken' : stderr;
      };
      assert.equal(await copyFrom(async (each) => await signRealisation(each, [ours])), 'taken');
      const untrusted = /cannot register realisation .* because it lacks a/;
      assert.match(await copyFrom(async (each) => each), untrusted);
      assert.match(
        await copyFrom(async (each) => {
          const signed = await signRealisation({ ...each, id: { ...each.id, outputName: 'other' } }, [ours]);
          return { ...each, signatures: signed.signatures };
        }),
        untrusted,
      );
    });
  }
});

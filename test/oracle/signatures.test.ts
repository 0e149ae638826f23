/**
 * Keys, signatures and narinfos of real Nix against ours, byte for byte, and ours against real Nix.
 */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  isContentAddressed,
  parseNarInfo,
  parsePathInfoJson,
  printNarInfo,
  signPathInfo,
  validSigners,
} from 'narkit/narinfo';
import {
  createSigner,
  generateSecretKey,
  Keyring,
  parsePublicKey,
  parseSecretKey,
  printPublicKey,
  printSecretKey,
  printSignature,
  type Signature,
  toPublicKey,
} from 'narkit/signature';
import { parseStorePath } from 'narkit/store-path';
import { type NixInstallation, NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const installations = nixInstallations();
const texts = (signatures: readonly Signature[] | undefined): string[] =>
  (signatures ?? []).map(printSignature).sort();

/** An input-addressed path with two references, itself among them. */
const EXPRESSION = `let a = builtins.toFile "a" "x"; in derivation {
  name = "out"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo \${a} $out > $out" ]; }`;

async function build(nix: NixInstallation, dir: string): Promise<{ world: NixWorld; path: string }> {
  const world = await NixWorld.create(nix, dir);
  return { world, path: (await world.run('nix-build', ['--no-out-link', '-E', EXPRESSION])).trim() };
}

describe('signatures and narinfos against real Nix', () => {
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });

  for (const nix of installations) {
    it(`${nix.version}: generated keys parse and print back`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      const [secretFile, publicFile] = [join(world.dir, 'secret'), join(world.dir, 'public')];
      await world.run('nix-store', ['--generate-binary-cache-key', 'real.example-1', secretFile, publicFile]);
      const text = await readFile(secretFile, 'utf8');
      const secret = parseSecretKey(text);
      assert.equal(printSecretKey(secret), text);
      assert.equal(printPublicKey(toPublicKey(secret)), await readFile(publicFile, 'utf8'));
      const other = await world.run('nix', ['key', 'generate-secret', '--key-name', 'real-2']);
      assert.equal(printSecretKey(parseSecretKey(other)), other);
    });

    it(`${nix.version}: store sign with a key of ours gives our signatures`, async (t) => {
      const { world, path } = await build(nix, await tempDir(t));
      const { storeDir } = world;
      const secret = generateSecretKey('ours-1');
      const keyFile = join(world.dir, 'secret');
      await writeFile(keyFile, printSecretKey(secret));
      await world.run('nix', ['store', 'sign', '-r', '-k', keyFile, path]);
      const infos = parsePathInfoJson(await world.run('nix', ['path-info', '-r', '--json', path]), {
        storeDir,
      });
      assert.equal(infos.size, 2);
      for (const info of infos.values()) {
        assert.ok(info);
        const signed = await signPathInfo({ ...info, signatures: [] }, [createSigner(secret)], { storeDir });
        assert.deepEqual(texts(signed.signatures), texts(info.signatures));
        assert.deepEqual(validSigners(info, new Keyring([toPublicKey(secret)]), { storeDir }), ['ours-1']);
      }
    });

    it(`${nix.version}: narinfos of nix copy parse, print back byte for byte, and verify`, async (t) => {
      const { world, path } = await build(nix, await tempDir(t));
      const { storeDir } = world;
      const [secretFile, publicFile] = [join(world.dir, 'secret'), join(world.dir, 'public')];
      await world.run('nix-store', ['--generate-binary-cache-key', 'real-1', secretFile, publicFile]);
      await writeFile(join(world.dir, 'first'), printSecretKey(generateSecretKey('a-first-1')));
      await world.run('nix', ['store', 'sign', '-r', '-k', join(world.dir, 'first'), path]);
      const keyring = new Keyring([parsePublicKey(await readFile(publicFile, 'utf8'))]);
      for (const compression of ['none', 'xz']) {
        const cache = join(world.dir, `cache-${compression}`);
        const url = `file://${cache}?compression=${compression}&secret-key=${secretFile}`;
        await world.run('nix', ['copy', '--to', url, path]);
        const files = (await readdir(cache)).filter((name) => name.endsWith('.narinfo'));
        assert.equal(files.length, 2);
        for (const file of files) {
          const text = await readFile(join(cache, file), 'utf8');
          const info = parseNarInfo(text, { storeDir });
          assert.equal(printNarInfo(info, { storeDir }), text);
          assert.equal(info.compression, compression);
          assert.deepEqual(validSigners(info, keyring, { storeDir }), ['real-1']);
          assert.equal(isContentAddressed(info, { storeDir }), info.ca !== undefined);
          assert.deepEqual(validSigners({ ...info, narSize: info.narSize + 1 }, keyring, { storeDir }), []);
        }
      }
    });

    it(`${nix.version}: a narinfo printed and signed by us is trusted, changed it is not`, async (t) => {
      const { world, path } = await build(nix, await tempDir(t));
      const { storeDir } = world;
      const cache = join(world.dir, 'cache');
      await world.run('nix', ['copy', '--to', `file://${cache}?compression=none`, path]);
      const file = join(cache, `${parseStorePath(path, { storeDir }).slice(0, 32)}.narinfo`);
      const secret = generateSecretKey('ours-1');
      const key = printPublicKey(toPublicKey(secret));
      const unsigned = parseNarInfo(await readFile(file, 'utf8'), { storeDir });
      const signed = await signPathInfo(unsigned, [createSigner(secret)], { storeDir });
      const verify = async (info: typeof signed): Promise<number> => {
        await writeFile(file, printNarInfo(info, { storeDir }));
        const args = [
          'store',
          'verify',
          '--store',
          `file://${cache}`,
          '--option',
          'trusted-public-keys',
          key,
          path,
        ];
        // A fresh HOME: narinfos are cached on disk.
        return (await world.try('nix', args, { HOME: join(world.dir, `home-${Math.random()}`) })).code;
      };
      assert.equal(await verify(signed), 0);
      assert.equal(await verify(unsigned), 2);
      assert.equal(await verify({ ...signed, narSize: signed.narSize + 8 }), 2);
      assert.equal(await verify({ ...signed, references: signed.references.slice(1) }), 2);
    });
  }
});

import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { BinaryCache, narInfoKey } from 'narkit/cache';
import { none } from 'narkit/codec';
import { parsePathInfoJson, printNarInfo, signPathInfo, validSigners } from 'narkit/narinfo';
import { FileStore } from 'narkit/node';
import { publish } from 'narkit/publish';
import { createSigner, generateSecretKey, Keyring, printPublicKey } from 'narkit/signature';
import { MemoryStore } from 'narkit/store';
import { parseStorePath } from 'narkit/store-path';
import { textObject } from '../support/infos.ts';
import { NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const [first, second] = [
  createSigner(generateSecretKey('first-1')),
  createSigner(generateSecretKey('second-1')),
] as const;

describe('signing what is in a cache', () => {
  it('adds Sig lines, and leaves every other byte as it was', async () => {
    const { info, nar } = await textObject('a', 'A');
    const cache = new BinaryCache(new MemoryStore());
    const signed = await signPathInfo({ ...info, url: 'nar/elsewhere.nar', compression: 'none' }, [first]);
    // Another order, unknown fields, a field twice, a size with a plus sign, base64 without its padding.
    const lines = printNarInfo(signed).trimEnd().split('\n');
    const odd = [
      'X-Origin: builder 7 ',
      ...lines.toReversed().map((line) => line.replace('NarSize: ', 'NarSize: +').replace(/=+$/, '')),
      'Compression: none',
      'System: x86_64-linux\r',
      '',
    ].join('\n');
    await cache.store.put(narInfoKey(info.storePath), new TextEncoder().encode(odd));

    const [receipt] = await publish(cache, [info], { nar: () => nar, codec: none, signers: [second] });
    assert.equal(receipt?.outcome, 'resigned');
    const object = await cache.store.get(narInfoKey(info.storePath));
    const text = await new Response(object?.body).text();
    const after = text.split('\n');
    const added = after.filter((line) => line.startsWith('Sig: second-1:'));
    assert.equal(added.length, 1);
    assert.equal(after.filter((line) => line !== added[0]).join('\n'), odd);
    const narInfo = (await cache.narInfo(info.storePath)) ?? assert.fail();
    const keyring = new Keyring([first.publicKey, second.publicKey]);
    assert.deepEqual(validSigners(narInfo, keyring).sort(), ['first-1', 'second-1']);
    assert.equal(object?.contentType, 'text/x-nix-narinfo');
  });

  const installations = nixInstallations();
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });
  for (const nix of installations) {
    it(`${nix.version}: what Nix published, with a field of somebody else, is signed and Nix takes it`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      const { storeDir } = world;
      const expression = `derivation { name = "out"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo $out > $out" ]; }`;
      const path = (await world.run('nix-build', ['--no-out-link', '-E', expression])).trim();
      const url = `file://${join(world.dir, 'cache')}`;
      await world.run('nix', ['copy', '--to', `${url}?compression=none`, path]);
      const [name = assert.fail()] = (await readdir(join(world.dir, 'cache'))).filter((each) =>
        each.endsWith('.narinfo'),
      );
      const file = join(world.dir, 'cache', name);
      const before = `X-Origin: builder 7\n${await readFile(file, 'utf8')}X-End: 1\n`;
      await writeFile(file, before);

      const cache = new BinaryCache(new FileStore(join(world.dir, 'cache')), { storeDir });
      const info = (await cache.narInfo(parseStorePath(path, { storeDir }))) ?? assert.fail();
      const [receipt] = await publish(cache, [info], {
        nar: () => assert.fail(),
        codec: none,
        signers: [first],
      });
      assert.equal(receipt?.outcome, 'resigned');
      const after = await readFile(file, 'utf8');
      assert.equal(after.replace(/^Sig: first-1:.*\n/m, ''), before);
      assert.notEqual(after, before);

      // Nix remembers narinfos: here it has to look.
      const fresh = { NIX_STATE_DIR: join(world.dir, 'var2'), XDG_CACHE_HOME: join(world.dir, 'xdg') };
      const json = await world.run('nix', ['path-info', '--json', '--store', url, path], fresh);
      const [read] = parsePathInfoJson(json, { storeDir }).values();
      assert.deepEqual(
        read?.signatures.map(({ keyName }) => keyName),
        ['first-1'],
      );
      const verify = ['store', 'verify', '--store', url, '--sigs-needed', '1'];
      const trusting = ['--option', 'trusted-public-keys', printPublicKey(first.publicKey)];
      await world.run('nix', [...verify, ...trusting, path], fresh);
      const other = ['--option', 'trusted-public-keys', printPublicKey(second.publicKey)];
      assert.notEqual((await world.try('nix', [...verify, ...other, path], fresh)).code, 0);
    });
  }
});

/**
 * The main job on any machine with Node: make a key, dump a directory, publish it signed into a
 * `file://` cache, serve that over HTTP, fetch it back with every check, restore, compare.
 *
 *     npm run demo -- [DIRECTORY]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { argv } from 'node:process';
import { BinaryCache } from 'narkit/cache';
import { equalHash, hashSource, printHash } from 'narkit/hash';
import { readNar, writeNar } from 'narkit/nar';
import { dumpPath, nodeCodecs, openCache, restorePath, writeKeyFiles } from 'narkit/node';
import { fetchPath, publish } from 'narkit/publish';
import { generateSecretKey, printPublicKey, toPublicKey } from 'narkit/signature';
import { HttpStore } from 'narkit/store';
import { makeContentAddressedPath, pathName, printStorePath } from 'narkit/store-path';
import { serve } from '../serve-cache/serve.ts';
import { Bar } from './bar.ts';

const directory = resolve(argv[2] ?? join(import.meta.dirname, '../../src'));
const work = await mkdtemp(join(tmpdir(), 'narkit-demo-'));
const say = (what: string, detail: string): void => console.log(`${what.padEnd(10)} ${detail}`);

try {
  const key = generateSecretKey('demo-cache-1');
  await writeKeyFiles(key, join(work, 'key.private'), join(work, 'key.public'));
  const publicKey = printPublicKey(toPublicKey(key));
  say('key', publicKey);

  const nar = (): AsyncIterable<Uint8Array> => writeNar(dumpPath(directory));
  const { hash: narHash, size: narSize } = await hashSource('sha256', nar());
  const ca = { method: 'nar', hash: narHash } as const;
  // Names of store paths have a small alphabet.
  const name =
    basename(directory)
      .replaceAll(/[^0-9a-zA-Z+\-._?=]/g, '-')
      .replace(/^\.+/, '') || 'demo';
  const storePath = makeContentAddressedPath(name, ca);
  say('dumped', `${directory}: ${narSize} bytes of NAR, ${printHash(narHash, 'nix32')}`);
  say('path', printStorePath(storePath));

  const cacheUrl = `file://${join(work, 'cache')}?compression=zstd&secret-key=${join(work, 'key.private')}`;
  const { cache, publishing } = await openCache(cacheUrl);
  const uploading = new Bar('upload', narSize);
  const [receipt] = await publish(
    cache,
    [{ storePath, narHash, narSize, references: [], signatures: [], ca }],
    {
      ...publishing,
      nar,
      onEvent: (event) => event.type === 'progress' && uploading.set(event.bytes),
    },
  );
  uploading.stop();
  say(
    'published',
    `${receipt?.url}, ${receipt?.fileSize} bytes, signed by ${receipt?.signatures[0]?.keyName}`,
  );

  const served = await serve(cache.store);
  say('served', served.url);
  const remote = new BinaryCache(new HttpStore(served.url), { decoders: nodeCodecs });
  // Trusting the key, not the content address: that is what a client of this cache does.
  const fetched = await fetchPath(remote, storePath, { trustedKeys: [toPublicKey(key)] });
  const restored = join(work, 'restored');
  const downloading = new Bar('download', narSize);
  const result = await restorePath(readNar(downloading.watch(fetched.nar)), restored);
  downloading.stop();
  say('restored', `${result.entries} files and directories of ${pathName(storePath)}, every byte checked`);

  const again = await hashSource('sha256', writeNar(dumpPath(restored)));
  await served.close();
  if (!equalHash(again.hash, narHash)) throw new Error('the restored tree differs');
  say('compared', 'the restored tree has the same NAR hash');

  console.log(`
To use such a cache from Nix, publish it where machines can reach it, and add to their nix.conf:

    extra-substituters = https://cache.example.org
    extra-trusted-public-keys = ${publicKey}
`);
} finally {
  await rm(work, { recursive: true });
}

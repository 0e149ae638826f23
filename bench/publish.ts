/**
 * Is publishing to `file://` as fast as `nix copy`?
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type NixInstallation, NixWorld } from '../test/support/nix.ts';
import { type Command, compare, ourProgram, type Row } from './compare.ts';

/** Publishes `tree`, once a path of a private store, by both. */
export async function benchPublish(nix: NixInstallation, dir: string, tree: string): Promise<Row> {
  const world = await NixWorld.create(nix, join(dir, 'world'));
  const path = (await world.run('nix-store', ['--add', tree])).trim();
  const empty = (cache: string) => () => rm(cache, { recursive: true, force: true });
  const [ourCache, theirCache] = [join(dir, 'ours'), join(dir, 'theirs')];
  const ours: Command = {
    name: 'narkit',
    argv: ourProgram('publish', world.storeDir, path, `file://${ourCache}?compression=zstd`),
    env: { ...world.env, PATH: `${nix.binDir}:${process.env['PATH']}` },
    prepare: empty(ourCache),
  };
  const peer: Command = {
    name: `nix copy ${nix.version}, zstd`,
    argv: [join(nix.binDir, 'nix'), 'copy', '--to', `file://${theirCache}?compression=zstd`, path],
    env: world.env,
    prepare: empty(theirCache),
  };
  return await compare('publish 50,000 files to file://, zstd', ours, peer, { target: 1, runs: 3 });
}

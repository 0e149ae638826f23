/** Nix as a reader of archives: it parses what it is to import, and the hash it then misses tells what it read. */
import { join } from 'node:path';
import type { NixDaemon } from 'narkit/node';
import { dumpPath } from 'narkit/node';
import { collect } from '../src/bytes/stream.ts';
import { type Hash, parseHash, printHash } from '../src/hash/hash.ts';
import { hashBytes } from '../src/hash/hash-source.ts';
import { writeNar } from '../src/nar/write.ts';
import type { StorePath } from '../src/store-path/store-path.ts';
import { pathOf } from '../test/support/infos.ts';
import { isAtLeast, type NixInstallation, NixWorld } from '../test/support/nix.ts';
import { Paths, refusalOf, startDaemon } from './daemon.ts';
import type { Ours, Peer, Verdict } from './subject.ts';
import { claimsLongString } from './words.ts';

/** Every so many archives that both accept are imported, and what then lies on disk is compared. */
const IMPORT_EVERY = 16;

/** Before, Nix sets memory aside for whatever length a string claims, and fills it. */
const LIMITS_SINCE = '2.34.7';

/** No archive has it. */
const WRONG_HASH: Hash = { algo: 'sha256', digest: new Uint8Array(32) };

export async function openNarPeer(nix: NixInstallation, dir: string): Promise<Peer> {
  const world = await NixWorld.create(nix, dir);
  // What is lost in a crash is lost; the disk is not waited for.
  await world.configure({ 'fsync-metadata': 'false' });
  return new NarPeer(world);
}

class NarPeer implements Peer {
  readonly nix: NixInstallation;
  readonly #world: NixWorld;
  readonly #daemon: NixDaemon;
  readonly #paths = new Paths();
  #accepted = 0;

  constructor(world: NixWorld) {
    this.nix = world.nix;
    this.#world = world;
    this.#daemon = startDaemon(world, world.storeDir);
  }

  async ask(input: Buffer, ours: Ours): Promise<Verdict | undefined> {
    if (!isAtLeast(this.nix, LIMITS_SINCE) && claimsLongString(input)) return undefined;
    const why =
      (await this.#paths.use((path) => this.#add(path, input, WRONG_HASH))) ?? 'it took a wrong hash';
    const read = /got:\s+(sha256:[0-9a-z]{52})/.exec(why)?.[1];
    if (read === undefined) return { accepted: false, why };
    if (ours.verdict.accepted && this.#accepted++ % IMPORT_EVERY === 0) {
      const onDisk = await this.#import(pathOf(`accepted-${this.#accepted}`), input, parseHash(read));
      if (onDisk !== read) return { accepted: true, result: `${read}, but on disk ${onDisk}` };
    }
    return { accepted: true, result: read };
  }

  async close(): Promise<void> {
    await this.#daemon.close();
  }

  /** The hash of what is on disk after importing. */
  async #import(path: StorePath, input: Buffer, narHash: Hash): Promise<string> {
    const why = await this.#add(path, input, narHash);
    if (why !== undefined) return why;
    const nar = await collect(writeNar(dumpPath(join(this.#world.storeDir, path))));
    return printHash(hashBytes('sha256', nar), 'nix32');
  }

  /** What Nix says against it; `undefined` when it is imported. */
  async #add(storePath: StorePath, nar: Buffer, narHash: Hash): Promise<string | undefined> {
    const info = { storePath, narHash, narSize: nar.length, references: [], signatures: [] };
    return await refusalOf(() => this.#daemon.addToStoreNar(info, nar, { checkSigs: false }));
  }
}

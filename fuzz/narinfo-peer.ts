/** Nix as a reader of narinfos: asked for the path of one that lies in a `file://` cache. */
import { mkdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NixDaemon } from 'narkit/node';
import { ParseError } from '../src/errors.ts';
import { printHash } from '../src/hash/hash.ts';
import type { PathInfo } from '../src/narinfo/path-info.ts';
import { printSignature } from '../src/signature/signature.ts';
import { printContentAddress } from '../src/store-path/content-address.ts';
import { DEFAULT_STORE_DIR, hashPart, type StorePath } from '../src/store-path/store-path.ts';
import { type NixInstallation, NixWorld } from '../test/support/nix.ts';
import { Paths, refusalOf, startDaemon } from './daemon.ts';
import type { Ours, Peer, Verdict } from './subject.ts';

export async function openNarInfoPeer(nix: NixInstallation, dir: string): Promise<Peer> {
  const world = await NixWorld.create(nix, dir);
  const cache = join(dir, 'cache');
  await mkdir(cache);
  await writeFile(join(cache, 'nix-cache-info'), `StoreDir: ${DEFAULT_STORE_DIR}\n`);
  return new NarInfoPeer(world, cache);
}

class NarInfoPeer implements Peer {
  readonly nix: NixInstallation;
  readonly #cache: string;
  readonly #daemon: NixDaemon;
  /** What is asked for where narkit knows no path. */
  readonly #paths = new Paths();
  /** The last question about each path that is still open. */
  readonly #turns = new Map<string, Promise<void>>();

  constructor(world: NixWorld, cache: string) {
    this.nix = world.nix;
    this.#cache = cache;
    // Without the memory of answers, the same path can be asked for again.
    this.#daemon = startDaemon(world, DEFAULT_STORE_DIR, `file://${cache}?path-info-cache-size=0`);
  }

  async ask(input: Buffer, { storePath, verdict }: Ours): Promise<Verdict> {
    if (storePath === undefined) return await this.#paths.use((path) => this.#ask(input, path, verdict));
    // Mutated values are often the same: one file at a time.
    const key = hashPart(storePath);
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(() => this.#ask(input, storePath, verdict));
    const settled = turn.then(
      () => {},
      () => {},
    );
    this.#turns.set(key, settled);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(key) === settled) this.#turns.delete(key);
    }
  }

  async #ask(input: Buffer, storePath: StorePath, verdict: Verdict): Promise<Verdict> {
    const file = join(this.#cache, `${hashPart(storePath)}.narinfo`);
    await writeFile(file, input);
    let result = 'another path';
    const why = await refusalOf(async () => {
      try {
        const info = await this.#daemon.queryPathInfo(storePath);
        if (info !== undefined) result = resultOf(info);
      } catch (err) {
        // Nix has read it. A daemon tells the digest without its algorithm: nobody can read the answer.
        if (!(err instanceof ParseError)) throw err;
        result = verdict.accepted ? verdict.result : 'unreadable';
      }
    });
    await unlink(file);
    return why === undefined ? { accepted: true, result } : { accepted: false, why };
  }

  async close(): Promise<void> {
    await this.#daemon.close();
  }
}

/** The fields that a daemon tells, in one form. */
export function resultOf({ narHash, narSize, references, deriver, signatures, ca }: PathInfo): string {
  return JSON.stringify({
    narHash: printHash(narHash, 'base16'),
    narSize,
    references: references.toSorted(),
    deriver,
    signatures: [...new Set(signatures.map(printSignature))].sort(),
    ca: ca && printContentAddress(ca),
  });
}

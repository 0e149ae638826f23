/** A Nix that answers many questions: a daemon of one's own, with bounded memory. */
import { join } from 'node:path';
import { isNarkitError } from 'narkit';
import { NixDaemon, nixDaemonCommand } from 'narkit/node';
import type { StorePath } from '../src/store-path/store-path.ts';
import { pathOf } from '../test/support/infos.ts';
import type { NixWorld } from '../test/support/nix.ts';

/** Most kibibytes of address space: old versions allocate what a length field claims. */
const MEMORY_KIB = 4 * 1024 * 1024;

/** Longest silence: these requests take a millisecond. */
const TIMEOUT_MS = 10_000;

/** Processes of one version at work. */
const CONNECTIONS = 2;

/** @param store a store URL instead of the world's own store */
export function startDaemon(world: NixWorld, storeDir: string, store?: string): NixDaemon {
  const program = [join(world.nix.binDir, 'nix-daemon'), '--stdio'];
  if (store !== undefined) program.push('--store', store);
  const limited = ['-c', `ulimit -v ${MEMORY_KIB}; exec "$0" "$@"`, ...program];
  const env = { ...world.env, NIX_STORE_DIR: storeDir };
  return new NixDaemon({
    transport: nixDaemonCommand(['sh', ...limited], { env }),
    storeDir,
    connections: CONNECTIONS,
    timeoutMs: TIMEOUT_MS,
  });
}

/**
 * What the daemon says against a request; `undefined` when it grants it. A daemon that dies of what it was
 * asked before is asked again.
 */
export async function refusalOf(request: () => Promise<unknown>): Promise<string | undefined> {
  for (const last of [false, true]) {
    try {
      await request();
      return undefined;
    } catch (err) {
      if (isNarkitError(err, 'ERR_NIX_DAEMON')) return err.message;
      if (!isNarkitError(err, 'ERR_NIX_DAEMON_UNAVAILABLE')) throw err;
      if (last) return `the daemon died: ${err.message}`;
    }
  }
  return undefined;
}

/** A few store paths, each for one use at a time. */
export class Paths {
  readonly #free: StorePath[] = [];
  #made = 0;

  async use<T>(work: (path: StorePath) => Promise<T>): Promise<T> {
    const path = this.#free.pop() ?? pathOf(`path-${this.#made++}`);
    try {
      return await work(path);
    } finally {
      this.#free.push(path);
    }
  }
}

/**
 * NARs of the paths in a Nix store on this machine.
 *
 * @module
 */
import { join } from 'node:path';
import { writeNar } from '../nar/write.ts';
import type { PathInfo } from '../narinfo/path-info.ts';
import { checkOptions } from '../options.ts';
import { DEFAULT_STORE_DIR } from '../store-path/store-path.ts';
import { dumpPath } from './dump.ts';
import { Turns } from './file-store-turns.ts';

/** What `writeNar` takes, at least; and what it makes of itself. */
const SMALLEST_CHUNK = 4096;
const LARGEST_CHUNK = 256 * 1024;

/** Options of {@link localNar}. */
export interface LocalNarOptions {
  /**
   * Directory that holds the paths. Of a store with another root it is `<root>/nix/store`.
   * @default '/nix/store'
   */
  realStoreDir?: string;
}

/**
 * What `publish` asks for as `nar`: opens the NAR of a path by dumping it from disk.
 *
 * @example
 * ```ts
 * import { localNar } from 'narkit/node';
 *
 * const nar = localNar({ realStoreDir: '/mnt/nix/store' });
 * console.log(typeof nar); // function
 * ```
 */
export function localNar(
  options: LocalNarOptions = {},
): (info: Pick<PathInfo, 'storePath'> & { readonly narSize?: number }) => AsyncIterable<Uint8Array> {
  checkOptions('localNar', options, ['realStoreDir']);
  const { realStoreDir = DEFAULT_STORE_DIR } = options;
  const turns = new Turns();
  return ({ storePath, narSize = Number.POSITIVE_INFINITY }) => {
    const nar = writeNar(dumpPath(join(realStoreDir, storePath)), {
      // Room for what there is: to allocate the usual chunk costs more than all else about a small path.
      chunkSize: Math.min(Math.max(narSize, SMALLEST_CHUNK), LARGEST_CHUNK),
    });
    return narSize > LARGEST_CHUNK ? inTurns(nar, turns) : nar;
  };
}

/** Small files are read without a wait, and so is a whole tree of them: others must get their turn in between. */
async function* inTurns(source: AsyncIterable<Uint8Array>, turns: Turns): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    if (turns.due) await turns.next();
    yield chunk;
  }
}

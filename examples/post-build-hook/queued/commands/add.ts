/**
 * `upload-queue add`: queues paths by hand, as the hook does: first their roots, then their entries.
 */
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { localNix, type SpoolEntry } from 'narkit/node';
import { parseStorePath, printStorePath, type StoreDir, type StorePath } from 'narkit/store-path';
import { addRoot } from '../hook/gc-roots.ts';
import { plain } from '../text.ts';
import { type Context, EXIT, type Exit, type Queue, withQueues } from './context.ts';
import { removeRootOf } from './roots.ts';

export interface AddOptions {
  readonly tag?: readonly string[];
  readonly priority?: number;
  readonly target?: string;
}

/** @param words Store paths, files below them, or links to them such as `result`. */
export async function add(context: Context, words: readonly string[], options: AddOptions): Promise<Exit> {
  const { storeDir, nixBinDir } = context.config;
  await using local = await localNix({
    ...(storeDir === undefined ? {} : { storeDir }),
    ...(nixBinDir === undefined ? {} : { binDir: nixBinDir }),
  });
  const { nix } = local;
  const paths = new Set<StorePath>();
  for (const word of words) paths.add(await storePathOf(word, nix.storeDir));
  return await withQueues(context, options.target, async (queues) => {
    const keys = [...paths].map((path) => printStorePath(path, nix.storeDir));
    // Before they are looked up: from here on nothing collects what is found.
    for (const { rootsDir } of queues) await addRoot(rootsDir, ...keys);
    const infos = await nix.pathInfos(paths);
    const derivers = await nix.pathInfos([...infos.values()].flatMap((info) => info?.deriver ?? []));
    let exit: Exit = EXIT.ok;
    for (const [path, info] of infos) {
      const key = printStorePath(path, nix.storeDir);
      if (info === undefined) {
        for (const { rootsDir } of queues) await removeRootOf(rootsDir, key);
        context.err(`not valid in this store: ${plain(key)}`);
        exit = EXIT.found;
        continue;
      }
      const { deriver } = info;
      const known = deriver !== undefined && derivers.get(deriver) !== undefined;
      const data = known ? { drvPath: printStorePath(deriver, nix.storeDir) } : undefined;
      await enqueue(context, queues, { key, data, ...entryOptions(options) });
    }
    return exit;
  });
}

async function enqueue(context: Context, queues: readonly Queue[], entry: SpoolEntry): Promise<void> {
  for (const { target, spool } of queues) {
    const outcome = await spool.enqueue(entry);
    context.out(`${target.name}: ${outcome === 'queued' ? 'queued' : 'was there already'}: ${entry.key}\n`);
  }
}

function entryOptions({ tag = [], priority }: AddOptions): Pick<SpoolEntry, 'tags' | 'priority'> {
  return { tags: tag, ...(priority === undefined ? {} : { priority }) };
}

/** The store path that a word leads to. */
async function storePathOf(word: string, storeDir: StoreDir): Promise<StorePath> {
  let path = resolve(word);
  // A link such as `result`; one that is in the store is itself a path of it.
  if (!path.startsWith(`${storeDir}/`)) {
    path = await realpath(path).catch((error: Error) => {
      throw new TypeError(
        `no path of ${storeDir}, and no link to one: ${plain(word)} (${plain(error.message)})`,
      );
    });
  }
  if (!path.startsWith(`${storeDir}/`))
    throw new TypeError(`no path of ${storeDir}, and no link to one: ${plain(word)}`);
  const [name = ''] = path.slice(storeDir.length + 1).split('/', 1);
  return parseStorePath(`${storeDir}/${name}`, { storeDir });
}

/**
 * Which of many keys a directory shows at a glance.
 *
 * @module
 */
import { type Dir, opendirSync } from 'node:fs';
import type { Turns } from './file-store-turns.ts';

/** Of a directory, fewer keys are looked at one by one. */
const FEW = 64;
/** Names are read while there are at most so many for each key: to read one costs a fifth of a look. */
const NAMES_PER_KEY = 3;
/** Names asked of the system at once. */
const BATCH = 1024;

/**
 * Those of `keys` that are names of files in their directories. Others may be there too: behind a link, written
 * again in that moment, in a directory with many other names, or in one that cannot be listed.
 *
 * @param root directory of the store, with a slash at its end.
 * @param keys each with its path.
 */
export async function listedKeys(
  root: string,
  keys: ReadonlyMap<string, string>,
  turns: Turns,
  signal: AbortSignal | undefined,
): Promise<Set<string>> {
  const counts = new Map<string, number>();
  for (const key of keys.keys()) {
    const below = key.slice(0, key.lastIndexOf('/') + 1);
    counts.set(below, (counts.get(below) ?? 0) + 1);
  }
  const there = new Set<string>();
  for (const [below, count] of counts) {
    if (count < FEW) continue;
    const directory = openDirectory(root + below);
    try {
      for (let left = NAMES_PER_KEY * count; left > 0; left--) {
        while (turns.due) await turns.next();
        signal?.throwIfAborted();
        const entry = directory?.readSync() ?? null;
        if (entry === null) break;
        const key = below + entry.name;
        if (entry.isFile() && keys.has(key)) there.add(key);
      }
    } finally {
      directory?.closeSync();
    }
  }
  return there;
}

/** What is wrong with it, a look at a single file tells. */
function openDirectory(path: string): Dir | undefined {
  try {
    return opendirSync(path, { bufferSize: BATCH });
  } catch {
    return undefined;
  }
}

/**
 * The roots of entries, whose keys anybody who may write to a queue has chosen.
 */
import { basename } from 'node:path';
import { parseBaseName } from 'narkit/store-path';
import { removeRoot } from '../hook/gc-roots.ts';

/** Removes the root of an entry, if its key can have one: `..` is no name in the directory of roots. */
export async function removeRootOf(directory: string, key: string): Promise<void> {
  try {
    parseBaseName(basename(key));
  } catch {
    return;
  }
  await removeRoot(directory, key);
}

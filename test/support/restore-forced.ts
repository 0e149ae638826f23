/** What takes the place of 'narkit/node' in `force-thread.ts`. */
import type { NarEntries } from 'narkit/nar';
import type { RestoreOptions, RestoreResult } from '../../src/node/restore.ts';
import { restoreTree } from '../../src/node/restore.ts';

export * from '../../src/node/index.ts';

export function restorePath(
  entries: NarEntries,
  destination: string | Uint8Array,
  options: RestoreOptions = {},
): Promise<RestoreResult> {
  return restoreTree(entries, destination, options, 0);
}

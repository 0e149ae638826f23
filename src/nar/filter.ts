/**
 * Leaving entries out of a file tree.
 *
 * @module
 */
import type { NarEntries, NarEntry } from './entry.ts';

/**
 * The entries for which `keep` says so; a directory that is dropped goes with all it holds, and `keep`
 * is not asked for that. Neither is it for the root, without which there is no tree. The bodies of what
 * is dropped are not read.
 *
 * `narOffset` remains the offset in the NAR the entries come from. For the listing of the smaller
 * NAR, read that: `narListing(readNar(writeNar(filtered)))`.
 *
 * @param keep called once an entry, in archive order
 *
 * @example
 * ```ts
 * import { filterEntries, narListing, readNar, writeNar } from 'narkit/nar';
 *
 * const nar = writeNar([
 *   { type: 'directory', path: '' },
 *   { type: 'directory', path: 'share' },
 *   { type: 'symlink', path: 'share/doc', target: 'elsewhere' },
 * ]);
 * const kept = filterEntries(readNar(nar), ({ path }) => path !== 'share');
 * console.log((await narListing(kept)).root); // { type: 'directory', entries: ...{} }
 * ```
 */
export async function* filterEntries(
  entries: NarEntries,
  keep: (entry: NarEntry) => boolean,
): AsyncGenerator<NarEntry, void, undefined> {
  /** What the paths in the directory dropped last begin with. */
  let dropped: string | undefined;
  for await (const entry of entries) {
    if (dropped !== undefined && entry.path.startsWith(dropped)) continue;
    if (entry.path === '' || keep(entry)) yield entry;
    else if (entry.type === 'directory') dropped = `${entry.path}/`;
  }
}

/**
 * NAR entries to a file tree on disk.
 *
 * @module
 */
import { setImmediate } from 'node:timers/promises';
import { cutOff } from '../bytes/cut-off.ts';
import type { NarEntries } from '../nar/entry.ts';
import { OrderCheck } from '../nar/order.ts';
import { checkOptions } from '../options.ts';
import { givenPath } from './fs-path.ts';
import { removeTree } from './remove-tree.ts';
import { threadFrom } from './restore-lane.ts';
import { TreeWriter } from './tree-writer.ts';

/** Options of {@link restorePath}. */
export interface RestoreOptions {
  /**
   * Modes and times of a path in a Nix store: files 0444, executables and directories 0555, all
   * modified one second after the epoch.
   *
   * @default false: files 0644, executables and directories 0755, modified now
   */
  canonical?: boolean;
  /**
   * Names that differ from an earlier one of their directory in ASCII case only get a suffix,
   * `~nix~case~hack~1`, as Nix does on macOS: so they fit into a file system that ignores case.
   * `dumpPath` with the same option gives the archive back.
   *
   * @default false: two names that are one to the file system are an error
   */
  caseHack?: boolean;
  /** Aborts: what was written is removed, and the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What {@link restorePath} made. */
export interface RestoreResult {
  /** Files, directories and symlinks, the root included. */
  readonly entries: number;
  /** Contents of all files together. */
  readonly bytes: number;
}

/** Milliseconds of work before the event loop gets a turn. */
const TURN = 20;

/**
 * Makes the tree that `entries` describe at `destination`, all or nothing: it grows under a hidden
 * name in the same directory, and appears after the entries ended without an error. So a check that
 * throws at the end of the stream (the hash of the NAR) keeps the tree from ever being seen. After a
 * failure what was written is removed; a killed process leaves `.<name>.<random>.tmp`.
 *
 * Entries are not trusted: names and order are checked, files are only created, never opened, and
 * only in directories that this call made, so nothing is written elsewhere or through a link. Modes
 * do not depend on the umask. Nothing is synced to the disk.
 *
 * Of a tree of more than a few megabytes, small files are written by a second thread, which ends with
 * the call. The event loop gets its turn every few milliseconds.
 *
 * @param destination Must not exist, as a dangling symlink neither; its directory must.
 * @throws NarError `ERR_FILE_EXISTS` where the destination exists, or appears meanwhile, or where two
 *   names are one to the file system (case, Unicode normalisation; see `caseHack`); `ERR_NAR_SYNTAX`
 *   and `ERR_NAR_LIMIT` for entries that are no archive; `ERR_FILE_IO`, with the system's error as
 *   `cause`; what `entries` throws, as it is.
 *
 * @example
 * ```ts
 * import { restorePath } from 'narkit/node';
 *
 * const body = new TextEncoder().encode('hello\n');
 * const entries = [{ type: 'regular', path: '', executable: false, size: 6, body }] as const;
 * console.log(await restorePath(entries, 'greeting')); // { entries: 1, bytes: 6 }
 * ```
 */
export async function restorePath(
  entries: NarEntries,
  destination: string | Uint8Array,
  options: RestoreOptions = {},
): Promise<RestoreResult> {
  return restoreTree(entries, destination, options, threadFrom());
}

/** {@link restorePath}, with a thread for small files after so many bytes: in tests from the first one on. */
export async function restoreTree(
  entries: NarEntries,
  destination: string | Uint8Array,
  options: RestoreOptions,
  threadFrom: number,
): Promise<RestoreResult> {
  checkOptions('restorePath', options, ['canonical', 'caseHack', 'signal']);
  const { canonical = false, caseHack = false, signal } = options;
  const tree = new TreeWriter(givenPath('restorePath', destination), { canonical, caseHack, threadFrom });
  try {
    const result = await writeEntries(entries, tree, signal).finally(() => tree.close());
    signal?.throwIfAborted();
    tree.reveal();
    return result;
  } catch (err) {
    // The first failure is the one to report; a tree that cannot be removed stays hidden.
    await removeTree(tree.temporary).catch(() => {});
    throw err;
  }
}

async function writeEntries(
  entries: NarEntries,
  tree: TreeWriter,
  signal: AbortSignal | undefined,
): Promise<RestoreResult> {
  const order = new OrderCheck();
  let [count, bytes] = [0, 0];
  let turn = performance.now();
  for await (const entry of signal === undefined ? entries : cutOff(entries, signal)) {
    const leaving = tree.leave(order.enter(entry.path).closed);
    if (leaving !== undefined) await leaving;
    if (entry.type === 'directory') {
      tree.directory(entry.path);
      order.descend(entry.path);
    } else if (entry.type === 'symlink') tree.symlink(entry);
    else {
      const writing = tree.regular(entry, signal);
      if (writing !== undefined) await writing;
      bytes += entry.size;
    }
    count++;
    if (performance.now() - turn > TURN) {
      await setImmediate();
      tree.check();
      turn = performance.now();
    }
  }
  await tree.leave(order.finish());
  await tree.complete();
  return { entries: count, bytes };
}

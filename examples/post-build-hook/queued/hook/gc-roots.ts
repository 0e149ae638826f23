/**
 * Roots of the garbage collector for what is queued: symlinks to store paths in a directory below
 * `/nix/var/nix/gcroots`. A link in a real directory there is a root of its own, so whoever may write
 * to the directory can add and remove roots, without being root.
 */
import { closeSync, fsyncSync, openSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { lstat, opendir, readlink, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** A root that was found. */
export interface GcRoot {
  /** The store path that it keeps, in full. */
  readonly path: string;
  /** Since it was made. */
  readonly ageMs: number;
}

/**
 * Makes a root for each store path; one that is there stays. When this returns they are on the disk.
 * Synchronous, for the hook: what is not needs threads, and these take longer to start than this takes.
 *
 * @throws what the system says, such as `ENOENT` without the directory; some may have been made.
 */
export function addRoot(directory: string, ...paths: readonly string[]): void {
  let made = false;
  for (const path of paths) made = makeLink(path, rootOf(directory, path)) || made;
  if (!made) return;
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Removes the root of a store path. @returns `false` when there was none. */
export async function removeRoot(directory: string, path: string): Promise<boolean> {
  try {
    await unlink(rootOf(directory, path));
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** The roots in a directory, in no order. What is no link is no root of ours, and left out. */
export async function* listRoots(directory: string): AsyncGenerator<GcRoot> {
  for await (const entry of await opendir(directory)) {
    if (!entry.isSymbolicLink()) continue;
    const link = join(directory, entry.name);
    try {
      const [path, { mtimeMs }] = [await readlink(link), await lstat(link)];
      yield { path, ageMs: Date.now() - mtimeMs };
    } catch (error) {
      // Removed in the meantime.
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
}

function rootOf(directory: string, path: string): string {
  return join(directory, basename(path));
}

/** @returns `false` when it was there. */
function makeLink(path: string, link: string): boolean {
  for (;;) {
    try {
      symlinkSync(path, link);
      return true;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    try {
      if (readlinkSync(link) === path) return false;
      // Of a store in another directory, and so not of this queue.
      unlinkSync(link);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}

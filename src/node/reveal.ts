/**
 * Growing out of sight, and the last step: what is complete appears where nothing was.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { NarError } from '../errors.ts';
import { fsPath, joinPath, printable, systemCode } from './fs-path.ts';

/** What `rename` says where a directory would take the place of anything but an empty directory. */
const OCCUPIED = ['EEXIST', 'ENOTEMPTY', 'ENOTDIR'];

/** What `link` says where there are no hard links. */
const NO_HARD_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/** Most characters of the name that a hidden one repeats: with 4 bytes each, 255 bytes suffice. */
const REPEATED = 50;

/**
 * A new path `.<name>.<random>.tmp` beside `destination`: renaming it stays within a file system.
 *
 * @throws TypeError where `destination` ends in no name that could be created.
 */
export function hiddenSibling(destination: string): string {
  const slash = destination.lastIndexOf('/');
  const name = destination.slice(slash + 1);
  if (name === '' || name === '.' || name === '..') {
    throw new TypeError(`'${printable(destination)}' names nothing that could be created`);
  }
  const hidden = `.${[...name].slice(0, REPEATED).join('')}.${randomBytes(8).toString('hex')}.tmp`;
  return slash < 0 ? hidden : joinPath(destination.slice(0, slash) || '/', hidden);
}

/** @throws NarError `ERR_FILE_EXISTS` where there is anything at `path`, a dangling symlink included. */
export function refuseExisting(path: string): void {
  // Not `throwIfNoEntry: false`, which also takes ENOTDIR for absence.
  try {
    lstatSync(fsPath(path));
  } catch (err) {
    if (systemCode(err) === 'ENOENT') return;
    throw err;
  }
  throw existing(path);
}

/** The error for a destination that is not free. */
export function existing(path: string, cause?: unknown): NarError {
  const message = `'${printable(path)}' exists already; nothing was changed`;
  return new NarError('ERR_FILE_EXISTS', message, { path, cause });
}

/**
 * Moves a file or directory to `destination`, never in place of anything. (One exception: an *empty*
 * directory that somebody makes in the microseconds between the look and the `rename`.)
 *
 * @throws NarError `ERR_FILE_EXISTS`, or the error of `node:fs`, `EEXIST` among them.
 */
export function reveal(temporary: string, destination: string): void {
  const [from, to] = [fsPath(temporary), fsPath(destination)];
  // `rename` replaces files; `link` does not.
  if (!lstatSync(from).isDirectory() && linked(from, to)) {
    unlinkSync(from);
    return;
  }
  refuseExisting(destination);
  try {
    renameSync(from, to);
  } catch (err) {
    throw OCCUPIED.includes(systemCode(err) ?? '') ? existing(destination, err) : err;
  }
}

/** Whether there is a hard link now; `false` where the file system has none. */
function linked(from: string | Buffer, to: string | Buffer): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (err) {
    const code = systemCode(err);
    if (code === undefined || !NO_HARD_LINKS.includes(code)) throw err;
    return false;
  }
}

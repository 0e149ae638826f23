/**
 * The order and the names that every file tree must keep, whoever wrote it: checked by the writer,
 * by the reader and by what restores to disk.
 *
 * @module
 */
import { NarError } from '../errors.ts';
import { NAR_LIMITS } from './entry.ts';
import type { NarLimits } from './limits.ts';
import { compareNames, encodeName } from './name.ts';

/**
 * The bytes of a symlink's target.
 *
 * @throws NarError `ERR_NAR_SYNTAX` where it is empty or holds NUL, `ERR_NAR_LIMIT` above `limit` bytes.
 */
export function checkTarget(
  target: string,
  path: string,
  limit: number = NAR_LIMITS.targetLength,
): Uint8Array {
  const bytes = encode(target, path);
  if (bytes.length === 0 || bytes.includes(0)) {
    throw new NarError('ERR_NAR_SYNTAX', `symlink '${path}' has an empty target, or one with a NUL byte`, {
      path,
    });
  }
  if (bytes.length > limit) {
    throw new NarError(
      'ERR_NAR_LIMIT',
      `symlink '${path}' has a target of ${bytes.length} bytes; the limit is ${limit}`,
      { path },
    );
  }
  return bytes;
}

/**
 * The bytes of a file name.
 *
 * @throws NarError `ERR_NAR_SYNTAX` for `''`, `.`, `..`, and names with `/` or NUL; `ERR_NAR_LIMIT` above `limit` bytes.
 */
export function checkName(name: string, path: string, limit: number = NAR_LIMITS.nameLength): Uint8Array {
  checkNameForm(name, path);
  const bytes = encode(name, path);
  if (bytes.length > limit) {
    throw new NarError(
      'ERR_NAR_LIMIT',
      `a file name at '${path}' has ${bytes.length} bytes; the limit is ${limit}`,
      { path },
    );
  }
  return bytes;
}

/** What {@link checkName} says of a name besides its length. */
export function checkNameForm(name: string, path: string): void {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw new NarError('ERR_NAR_SYNTAX', `invalid file name ${JSON.stringify(name)} at '${path}'`, { path });
  }
}

function encode(text: string, path: string): Uint8Array {
  try {
    return encodeName(text);
  } catch (cause) {
    throw new NarError('ERR_NAR_SYNTAX', `a name or target at '${path}': ${(cause as Error).message}`, {
      path,
      cause,
    });
  }
}

/** What {@link OrderCheck.enter} found. */
export interface Entered {
  /** Bytes of the entry's name; `undefined` for the root. */
  readonly name: Uint8Array | undefined;
  /** Directories that ended before this entry. */
  readonly closed: number;
}

/** A directory whose members are coming. */
export interface OpenDirectory {
  readonly path: string;
  /** Name of the last member. */
  last: string | undefined;
}

/**
 * Notes the next member of the innermost of the open directories; its name is a valid one.
 *
 * @param open the open directories, outermost first; at least one
 * @throws NarError `ERR_NAR_SYNTAX` for a name out of order, `ERR_NAR_LIMIT` for one too deep.
 */
export function enterMember(open: readonly OpenDirectory[], name: string, path: string, depth: number): void {
  const directory = open[open.length - 1] as OpenDirectory;
  if (directory.last !== undefined && compareNames(directory.last, name) >= 0) {
    throw outOfOrder(path, 'names must be strictly ascending, bytewise');
  }
  directory.last = name;
  if (open.length > depth) {
    throw new NarError('ERR_NAR_LIMIT', `'${path}' lies deeper than ${depth} names`, { path });
  }
}

/** Follows a tree entry by entry and refuses what is out of archive order. */
export class OrderCheck {
  readonly #limits: NarLimits;
  readonly #open: OpenDirectory[] = [];
  #started = false;

  constructor(limits: NarLimits = NAR_LIMITS) {
    this.#limits = limits;
  }

  /** @throws NarError `ERR_NAR_SYNTAX`, `ERR_NAR_LIMIT` */
  enter(path: string): Entered {
    if (!this.#started) {
      if (path !== '') throw outOfOrder(path, "the first entry must be the root, whose path is ''");
      this.#started = true;
      return { name: undefined, closed: 0 };
    }
    const slash = path.lastIndexOf('/');
    const parent = slash < 0 ? '' : path.slice(0, slash);
    let closed = 0;
    let top = this.#open.at(-1);
    while (top !== undefined && top.path !== parent) {
      this.#open.pop();
      closed++;
      top = this.#open.at(-1);
    }
    // A slash in front would pass for the root's: `/a` has no other parent than `a` has.
    if (top === undefined || path === '' || slash === 0) throw outOfOrder(path, 'its directory is not open');
    const text = path.slice(slash + 1);
    const name = checkName(text, path, this.#limits.nameLength);
    enterMember(this.#open, text, path, this.#limits.depth);
    return { name, closed };
  }

  /** The entry just entered is a directory: its members may follow. */
  descend(path: string): void {
    this.#open.push({ path, last: undefined });
  }

  /** Ends the tree. Returns how many directories were still open. */
  finish(): number {
    if (!this.#started) throw outOfOrder('', 'there is no entry at all');
    return this.#open.length;
  }
}

function outOfOrder(path: string, why: string): NarError {
  return new NarError('ERR_NAR_SYNTAX', `entry '${path}' is not in archive order: ${why}`, { path });
}

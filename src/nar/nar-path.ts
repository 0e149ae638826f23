/**
 * Paths in a listing: what is one, and where one leads.
 *
 * @module
 */
import { NarError } from '../errors.ts';
import type { NarListingNode } from './listing.ts';

/** As many as Linux follows. */
const MAX_LINKS = 40;

/**
 * The names of a path; none for `''`, the root.
 *
 * @throws NarError `ERR_NAR_PATH` for an absolute path, or one with empty, `.` or `..` names.
 */
export function namesOf(path: string): string[] {
  if (path === '') return [];
  const names = path.split('/');
  const bad = names.find((name) => name === '' || name === '.' || name === '..');
  if (bad === undefined) return names;
  const what = path.startsWith('/') ? 'is absolute' : `has the name '${bad}'`;
  throw new NarError(
    'ERR_NAR_PATH',
    `the path '${path}' ${what}; paths in a NAR are names joined by '/', and the root is ''`,
    { path },
  );
}

/** A member of a directory; `undefined` where there is none, or `node` is no directory. */
export function memberOf(node: NarListingNode, name: string): NarListingNode | undefined {
  // A file may be called `__proto__`, and none is called `toString` unless the listing says so.
  if (node.type !== 'directory' || !Object.hasOwn(node.entries, name)) return undefined;
  return node.entries[name];
}

/**
 * The path without symlinks that `path` leads to; `undefined` where that is nothing, or outside.
 *
 * @throws NarError `ERR_NAR_PATH`, and `ERR_NAR_LIMIT` after {@link MAX_LINKS} symlinks.
 */
export function followLinks(root: NarListingNode, path: string): string | undefined {
  /** From the root to where we are, never empty and without symlinks; only the last may be no directory. */
  const way: { name: string; node: NarListingNode }[] = [{ name: '', node: root }];
  /** Names to go, the next one last. */
  const ahead = namesOf(path).reverse();
  if (root.type === 'symlink') return undefined; // relative to the directory the archive lies in
  let links = 0;
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    const here = way.at(-1)?.node;
    if (here?.type !== 'directory') return undefined;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      way.pop();
      continue;
    }
    const node = memberOf(here, name);
    if (node === undefined) return undefined;
    if (node.type !== 'symlink') way.push({ name, node });
    else if (++links > MAX_LINKS) {
      throw new NarError('ERR_NAR_LIMIT', `'${path}' leads through more than ${MAX_LINKS} symlinks`, {
        path,
      });
    } else {
      // Of an absolute target, the first name is empty: it leads to the root of the disk.
      if (node.target.startsWith('/')) return undefined;
      for (const next of node.target.split('/').reverse()) ahead.push(next);
    }
  }
  if (way.length === 0) return undefined;
  return way
    .slice(1)
    .map(({ name }) => name)
    .join('/');
}

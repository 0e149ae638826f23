/**
 * Closures: a path and everything it refers to, and so on.
 *
 * @module
 */
import pMap from 'p-map';
import { MissingError, ParseError } from '../errors.ts';
import type { PathInfo } from '../narinfo/path-info.ts';
import { checkOptions } from '../options.ts';
import type { StorePath } from '../store-path/store-path.ts';

/** Options of {@link closure}. */
export interface ClosureOptions {
  /** Look-ups under way at once. @default 16 */
  concurrency?: number;
  signal?: AbortSignal;
}

/**
 * Path infos of the closure of `roots`, references before what refers to them.
 *
 * @param lookup gives the info of a path, or `undefined`; `cache.narInfo` is one.
 * @throws MissingError `ERR_MISSING_PATH` for a path that `lookup` does not know.
 *
 * @example
 * ```ts
 * import { BinaryCache } from 'narkit/cache';
 * import { closure } from 'narkit/publish';
 * import { MemoryStore } from 'narkit/store';
 *
 * const cache = new BinaryCache(new MemoryStore());
 * console.log(await closure([], (path) => cache.narInfo(path))); // []
 * ```
 */
export async function closure<T extends PathInfo>(
  roots: Iterable<StorePath>,
  lookup: (path: StorePath) => Promise<T | undefined>,
  options: ClosureOptions = {},
): Promise<T[]> {
  checkOptions('closure', options, ['concurrency', 'signal']);
  const { concurrency = 16, signal } = options;
  const infos = new Map<StorePath, T>();
  let wanted = [...new Set(roots)];
  // Level by level: each level's look-ups are independent of each other.
  while (wanted.length > 0) {
    const found = await pMap(
      wanted,
      async (path) => {
        const info = await lookup(path);
        if (info === undefined) {
          throw new MissingError('ERR_MISSING_PATH', `the closure needs ${path}, which is not known`, {
            subject: path,
          });
        }
        return info;
      },
      { concurrency, ...(signal === undefined ? {} : { signal }) },
    );
    for (const info of found) infos.set(info.storePath, info);
    wanted = [...new Set(found.flatMap((info) => info.references))].filter((path) => !infos.has(path));
  }
  return topologicalOrder(infos.values());
}

/**
 * The infos with every path after the paths it refers to; references outside the set are ignored.
 * The order of independent paths is kept.
 *
 * @throws ParseError `ERR_PARSE_PATH_INFO` for a cycle of several paths, which no Nix store has.
 */
export function topologicalOrder<T extends Pick<PathInfo, 'storePath' | 'references'>>(
  infos: Iterable<T>,
): T[] {
  const nodes = new Map<StorePath, Node<T>>();
  for (const info of infos) nodes.set(info.storePath, { info, next: 0, state: 'new' });
  const ordered: T[] = [];
  // An explicit stack: closures can be deeper than the call stack.
  for (const root of nodes.values()) {
    if (root.state !== 'new') continue;
    root.state = 'open';
    const stack = [root];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      const reference = node.info.references[node.next++];
      if (reference === undefined) {
        stack.pop();
        node.state = 'done';
        ordered.push(node.info);
        continue;
      }
      const target = nodes.get(reference);
      if (target === undefined || target === node || target.state === 'done') continue;
      if (target.state === 'open') {
        throw new ParseError('ERR_PARSE_PATH_INFO', `references form a cycle through ${reference}`, {
          field: reference,
        });
      }
      target.state = 'open';
      stack.push(target);
    }
  }
  return ordered;
}

/** How far the walk is with a path. */
interface Node<T> {
  readonly info: T;
  /** The reference that comes next. */
  next: number;
  state: 'new' | 'open' | 'done';
}

/**
 * From nested nodes, in whatever order they were put down, to archive order.
 *
 * @module
 */
import { compareNames } from './name.ts';
import { checkName, OrderCheck } from './order.ts';

/**
 * Every node below `root` with its path, in archive order. Names, their uniqueness and the depth are
 * checked: a tree that somebody wrote by hand, or a listing that nobody parsed, holds any of them.
 * One loop over a stack, so no nesting is too deep for it, and one that never ends reaches the limit.
 *
 * @param membersOf what a node holds; `undefined` for one that is no directory
 * @throws NarError `ERR_NAR_SYNTAX`, `ERR_NAR_LIMIT`
 */
export function* walkTree<N>(
  root: N,
  membersOf: (node: N) => Iterable<readonly [string, N]> | undefined,
): Generator<readonly [path: string, node: N], void, undefined> {
  const order = new OrderCheck();
  const ahead: (readonly [string, N])[] = [['', root]];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const [path, node] = next;
    order.enter(path);
    yield next;
    const members = membersOf(node);
    if (members === undefined) continue;
    order.descend(path);
    // Last first: what is pushed last is popped first.
    const inner = sortedMembers(members, path).reverse();
    for (const [name, member] of inner) ahead.push([path === '' ? name : `${path}/${name}`, member]);
  }
}

/**
 * The members of a directory, bytewise by name.
 *
 * @param path of the directory, for messages
 * @throws NarError `ERR_NAR_SYNTAX`, `ERR_NAR_LIMIT` for what is no file name.
 */
export function sortedMembers<N>(
  members: Iterable<readonly [string, N]>,
  path: string,
): (readonly [string, N])[] {
  const all = [...members];
  // Before they become a path: with a slash in it, a name would pass for that of another directory's member.
  for (const [name] of all) checkName(name, path);
  return all.sort(([a], [b]) => compareNames(a, b));
}

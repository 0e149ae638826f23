/**
 * File trees as plain values: to look at, to write by hand, to change.
 *
 * @module
 */
import { cutOff } from '../bytes/cut-off.ts';
import { collect, toAsyncIterable } from '../bytes/stream.ts';
import { NarError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import type { NarEntries, NarEntry, NarRegular } from './entry.ts';
import { OrderCheck } from './order.ts';
import { walkTree } from './walk-tree.ts';
import { checkLength } from './write.ts';

/** A file tree in memory, or a node of one. */
export type NarTree =
  | {
      readonly type: 'directory';
      /** By name, in any order. Names that are not UTF-8 are in the form of `decodeName`. */
      readonly entries: ReadonlyMap<string, NarTree>;
    }
  | { readonly type: 'symlink'; readonly target: string }
  | {
      readonly type: 'regular';
      /** @default false */
      readonly executable?: boolean;
      readonly contents: Uint8Array;
    };

/** Options of {@link readTree}. */
export interface ReadTreeOptions {
  /**
   * Most bytes of contents to hold, all files together.
   * @default 268435456 (256 MiB)
   */
  limit?: number;
  /**
   * Most files, directories and symlinks to hold: empty ones take memory as well.
   * @default 1000000
   */
  entryLimit?: number;
  /** Aborts: the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * A whole file tree into memory, members in archive order. Contents are copies.
 *
 * @throws NarError `ERR_NAR_LIMIT` beyond a limit, before the contents in question are read;
 *   `ERR_NAR_SYNTAX`, `ERR_NAR_LIMIT` for entries that are no tree in archive order, or a body that is
 *   not `size` bytes long; what `entries` throws, as it is.
 *
 * @example
 * ```ts
 * import { readNar, readTree, treeEntries, writeNar } from 'narkit/nar';
 *
 * const contents = new TextEncoder().encode('hello\n');
 * const nar = writeNar(treeEntries({ type: 'regular', contents }));
 * console.log(await readTree(readNar(nar))); // { type: 'regular', executable: false, contents: Uint8Array(6) [ ... ] }
 * ```
 */
export async function readTree(entries: NarEntries, options: ReadTreeOptions = {}): Promise<NarTree> {
  checkOptions('readTree', options, ['limit', 'entryLimit', 'signal']);
  const { limit = 268_435_456, entryLimit = 1_000_000, signal } = options;
  const order = new OrderCheck();
  const open: Map<string, NarTree>[] = [];
  let root: NarTree | undefined;
  let [bytes, count] = [0, 0];
  for await (const entry of signal === undefined ? entries : cutOff(entries, signal)) {
    const { path } = entry;
    open.length -= order.enter(path).closed;
    if (++count > entryLimit) throw tooMuch(path, `more than ${entryLimit} entries`, 'entryLimit');
    let node: NarTree;
    if (entry.type === 'directory') {
      const members = new Map<string, NarTree>();
      node = { type: 'directory', entries: members };
      open.at(-1)?.set(nameOf(path), node);
      open.push(members);
      order.descend(path);
    } else {
      if (entry.type === 'symlink') node = { type: 'symlink', target: entry.target };
      else {
        bytes += entry.size;
        if (bytes > limit) throw tooMuch(path, `contents of more than ${limit} bytes`, 'limit');
        node = { type: 'regular', executable: entry.executable, contents: await contentsOf(entry, signal) };
      }
      open.at(-1)?.set(nameOf(path), node);
    }
    root ??= node;
  }
  order.finish();
  return root as NarTree;
}

/**
 * The entries of a tree in memory, in archive order whatever the order of its maps. Bodies are the
 * contents themselves, not copies: the tree must not change meanwhile.
 *
 * @throws NarError `ERR_NAR_SYNTAX`, `ERR_NAR_LIMIT` (while it is iterated) for names that are none,
 *   and for a tree deeper than `NAR_LIMITS.depth`.
 *
 * @example
 * ```ts
 * import { type NarTree, treeEntries } from 'narkit/nar';
 *
 * const tree: NarTree = {
 *   type: 'directory',
 *   entries: new Map<string, NarTree>([
 *     ['share', { type: 'directory', entries: new Map() }],
 *     ['doc', { type: 'symlink', target: 'share/doc' }],
 *   ]),
 * };
 * console.log([...treeEntries(tree)].map(({ path }) => path)); // [ '', 'doc', 'share' ]
 * ```
 */
export function* treeEntries(tree: NarTree): Generator<NarEntry, void, undefined> {
  for (const [path, node] of walkTree(tree, membersOf)) {
    if (node.type === 'directory') yield { type: 'directory', path };
    else if (node.type === 'symlink') yield { type: 'symlink', path, target: node.target };
    else {
      const { contents, executable = false } = node;
      yield { type: 'regular', path, executable, size: contents.length, body: contents };
    }
  }
}

function membersOf(node: NarTree): Iterable<readonly [string, NarTree]> | undefined {
  return node.type === 'directory' ? node.entries : undefined;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

async function contentsOf(entry: NarRegular, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (!(entry.body instanceof Uint8Array)) return await collect(checkedBody(entry, signal));
  checkLength(entry, entry.body.length);
  return new Uint8Array(entry.body); // not `slice`: that of a Buffer copies nothing
}

/** The size is a claim: nothing is allocated for it, and no more than it is taken. */
async function* checkedBody(
  entry: NarRegular,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const body = toAsyncIterable(entry.body);
  let length = 0;
  for await (const chunk of signal === undefined ? body : cutOff(body, signal)) {
    length += chunk.length;
    if (length > entry.size) checkLength(entry, length);
    yield chunk;
  }
  checkLength(entry, length);
}

function tooMuch(path: string, what: string, option: string): NarError {
  return new NarError(
    'ERR_NAR_LIMIT',
    `a tree with ${what} is not read into memory (at '${path}'); raise '${option}' if there is room`,
    { path },
  );
}

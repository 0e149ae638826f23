/**
 * NAR listings (`<hash part>.ls` in a cache, nar.md section 8).
 *
 * @module
 */
import { NarError, ParseError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import type { NarEntries } from './entry.ts';
import { compareNames } from './name.ts';
import { OrderCheck } from './order.ts';

/** One node of a listing. */
export type NarListingNode =
  | { readonly type: 'directory'; readonly entries: Readonly<Record<string, NarListingNode>> }
  | { readonly type: 'symlink'; readonly target: string }
  | {
      readonly type: 'regular';
      /** Bytes of the content. */
      readonly size?: number;
      /** @default false */
      readonly executable?: boolean;
      /** Where the content begins in the *uncompressed* NAR; absent or 0: unknown. */
      readonly narOffset?: number;
    };

/** The document of a `.ls` object. */
export interface NarListing {
  readonly version: 1;
  readonly root: NarListingNode;
}

type Building = Record<string, NarListingNode>;

/**
 * The listing of a file tree. Bodies are not read; `narOffset` is taken over where entries have it
 * (those of `readNar` do).
 *
 * @throws NarError `ERR_NAR_SYNTAX`, `ERR_NAR_LIMIT` for entries that are no tree in archive order.
 *
 * @example
 * ```ts
 * import { narListing, printNarListing, readNar, writeNar } from 'narkit/nar';
 *
 * const body = new TextEncoder().encode('hello\n');
 * const nar = writeNar([{ type: 'regular', path: '', executable: false, size: 6, body }]);
 * console.log(printNarListing(await narListing(readNar(nar))));
 * // {"version":1,"root":{"type":"regular","size":6,"narOffset":96}}
 * ```
 */
export async function narListing(entries: NarEntries): Promise<NarListing> {
  const directories = new Map<string, Building>();
  const order = new OrderCheck();
  let root: NarListingNode | undefined;
  for await (const entry of entries) {
    order.enter(entry.path);
    let node: NarListingNode;
    if (entry.type === 'directory') {
      // No prototype: a file may be called `__proto__`.
      const members: Building = Object.create(null);
      directories.set(entry.path, members);
      order.descend(entry.path);
      node = { type: 'directory', entries: members };
    } else if (entry.type === 'symlink') node = { type: 'symlink', target: entry.target };
    else {
      node = {
        type: 'regular',
        size: entry.size,
        ...(entry.executable ? { executable: true } : {}),
        ...(entry.narOffset === undefined ? {} : { narOffset: entry.narOffset }),
      };
    }
    const slash = entry.path.lastIndexOf('/');
    if (entry.path === '') root = node;
    else
      (directories.get(entry.path.slice(0, Math.max(slash, 0))) as Building)[entry.path.slice(slash + 1)] =
        node;
  }
  if (root === undefined) throw new NarError('ERR_NAR_SYNTAX', 'a tree without entries has no listing');
  return { version: 1, root };
}

/** Options of {@link printNarListing}. */
export interface PrintNarListingOptions {
  /**
   * Whether `executable` is written for files that are not; to readers both are the same.
   * @default 'when-true'
   */
  executable?: 'when-true' | 'always';
}

/**
 * The listing in the form of Nix 2.8, compact and without newline, names in archive order. Newer
 * versions have the keys of an object in another order, which means nothing, and some of them write
 * `executable` always.
 *
 * @throws ParseError `ERR_PARSE_LISTING` for names or targets that are not UTF-8: JSON cannot hold
 *   them, and current Nix refuses them too.
 *
 * @example
 * ```ts
 * import { parseNarListing, printNarListing } from 'narkit/nar';
 *
 * const listing = parseNarListing('{"root":{"narOffset":96,"size":6,"type":"regular"},"version":1}');
 * console.log(printNarListing(listing, { executable: 'always' }));
 * // {"version":1,"root":{"type":"regular","size":6,"executable":false,"narOffset":96}}
 * ```
 */
export function printNarListing(listing: NarListing, options: PrintNarListingOptions = {}): string {
  checkOptions('printNarListing', options, ['executable']);
  const { executable = 'when-true' } = options;
  if (executable !== 'when-true' && executable !== 'always') {
    throw new RangeError(
      `printNarListing: executable must be 'when-true' or 'always', not ${String(executable)}`,
    );
  }
  return `{"version":${listing.version},"root":${printNode(listing.root, executable === 'always')}}`;
}

/** By hand: objects of JavaScript would put names that look like numbers first. */
function printNode(node: NarListingNode, always: boolean): string {
  if (node.type === 'symlink') return `{"type":"symlink","target":${quote(node.target)}}`;
  if (node.type === 'regular') {
    const { type, size, executable = false, narOffset } = node;
    return JSON.stringify({
      type,
      size,
      executable: executable || always ? executable : undefined,
      narOffset,
    });
  }
  const members = Object.entries(node.entries).sort(([a], [b]) => compareNames(a, b));
  const printed = members.map(([name, member]) => `${quote(name)}:${printNode(member, always)}`);
  return `{"type":"directory","entries":{${printed.join(',')}}}`;
}

function quote(text: string): string {
  if (text.isWellFormed()) return JSON.stringify(text);
  throw new ParseError(
    'ERR_PARSE_LISTING',
    `a name or target in a listing is not UTF-8: ${JSON.stringify(text)}`,
  );
}

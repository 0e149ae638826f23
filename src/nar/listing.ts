/**
 * NAR listings (`<hash part>.ls` in a cache, nar.md section 8).
 *
 * @module
 */
import { NarError, ParseError } from '../errors.ts';
import type { NarEntries } from './entry.ts';
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

/**
 * The listing as Nix 2.8 to 2.32 write it: compact, `executable` only where true, no newline.
 *
 * @throws ParseError `ERR_PARSE_LISTING` for names or targets that are not UTF-8: JSON cannot hold
 *   them, and current Nix refuses them too.
 */
export function printNarListing(listing: NarListing): string {
  return JSON.stringify(listing, (key, value: unknown) => {
    if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed())) {
      throw new ParseError(
        'ERR_PARSE_LISTING',
        `a name or target in a listing is not UTF-8: ${JSON.stringify(key)}`,
      );
    }
    return value;
  });
}

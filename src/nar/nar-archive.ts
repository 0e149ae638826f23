/**
 * `NarArchive`: a NAR as a read-only file system.
 *
 * @module
 */
import { collect, toReadableStream } from '../bytes/stream.ts';
import { NarError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import type { NarEntry } from './entry.ts';
import type { NarListingNode } from './listing.ts';
import { checkPlace, type NarRangeReader, readContents } from './nar-contents.ts';
import { followLinks, memberOf, namesOf } from './nar-path.ts';
import { sortedMembers, walkTree } from './walk-tree.ts';

/** What a listing says of a node. */
export type NarStat =
  | { readonly type: 'directory' }
  | { readonly type: 'symlink'; readonly target: string }
  | {
      readonly type: 'regular';
      readonly executable: boolean;
      /** Bytes; `undefined` where the listing does not say. */
      readonly size: number | undefined;
    };

/** Options of `NarArchive.readFile`. */
export interface NarReadFileOptions {
  /** The first byte wanted. @default 0 */
  offset?: number;
  /** Most bytes wanted; fewer come where the file ends. @default to the end */
  length?: number;
  /** Given to the range reader; the stream fails with its reason as soon as it aborts. */
  signal?: AbortSignal;
}

/** Options of `NarArchive.readBytes`. */
export interface NarReadBytesOptions extends NarReadFileOptions {
  /**
   * Most bytes to hold.
   * @default 67108864 (64 MiB)
   */
  limit?: number;
}

/** Options of `NarArchive.entries`. */
export interface NarEntriesOptions {
  /** For the bodies; see {@link NarReadFileOptions}. */
  signal?: AbortSignal;
}

/**
 * A NAR as a read-only file system; {@link openNar} makes one. Only contents are fetched, everything
 * else is in the listing and therefore there at once.
 *
 * Paths are names joined by `/`, in the form of `decodeName`; `''` is the root. Symlinks are never
 * followed, so what lies "behind" one is absent, but {@link NarArchive.resolve} says where one leads.
 * A path that is absent is `undefined`. Every method throws NarError `ERR_NAR_PATH` for a path that is
 * none (absolute, with empty, `.` or `..` names), and for a node of another type than the method's.
 */
export class NarArchive {
  readonly #root: NarListingNode;
  readonly #range: NarRangeReader;
  readonly #narSize: number | undefined;

  /** @internal */
  constructor(root: NarListingNode, range: NarRangeReader, narSize: number | undefined) {
    this.#root = root;
    this.#range = range;
    this.#narSize = narSize;
  }

  /** What is at a path. */
  stat(path: string): NarStat | undefined {
    const node = this.#find(path);
    return node === undefined ? undefined : statOf(node);
  }

  /** What a directory holds, by name, bytewise ascending. */
  readDirectory(path: string): ReadonlyMap<string, NarStat> | undefined {
    const node = this.#find(path, 'directory');
    if (node === undefined) return undefined;
    const members = sortedMembers(Object.entries(node.entries), path);
    return new Map(members.map(([name, member]) => [name, statOf(member)]));
  }

  /** The target of a symlink. */
  readLink(path: string): string | undefined {
    return this.#find(path, 'symlink')?.target;
  }

  /**
   * The path without symlinks that a path leads to, as a kernel would follow it. `undefined` where
   * nothing is there, or outside of the archive: absolute targets, too many `..`.
   *
   * @throws NarError `ERR_NAR_LIMIT` after 40 symlinks, as Linux.
   */
  resolve(path: string): string | undefined {
    return followLinks(this.#root, path);
  }

  /**
   * Contents of a file, or a part of them: one range request, when they are first read from.
   *
   * @throws NarError `ERR_NAR_LISTING` where the listing lacks their size or offset, or has impossible
   *   ones, and from the stream where it is not of this NAR (seen only when read from the beginning);
   *   from the stream also IntegrityError `ERR_SIZE_MISMATCH` when fewer or more bytes came than were
   *   asked for, and what the range reader throws.
   */
  readFile(path: string, options: NarReadFileOptions = {}): ReadableStream<Uint8Array> | undefined {
    checkOptions('NarArchive.readFile', options, ['offset', 'length', 'signal']);
    const part = this.#part(path, options);
    return part === undefined ? undefined : toReadableStream(part.body);
  }

  /**
   * {@link NarArchive.readFile}, gathered.
   *
   * @throws NarError `ERR_NAR_LIMIT` for more bytes than `limit`, before any is read.
   */
  async readBytes(path: string, options: NarReadBytesOptions = {}): Promise<Uint8Array | undefined> {
    checkOptions('NarArchive.readBytes', options, ['offset', 'length', 'limit', 'signal']);
    const { limit = 67_108_864 } = options;
    const part = this.#part(path, options);
    if (part === undefined) return undefined;
    if (part.length > limit) {
      throw new NarError(
        'ERR_NAR_LIMIT',
        `${part.length} bytes of '${path}' are more than the limit of ${limit}; read less, or use readFile`,
        { path },
      );
    }
    return await collect(part.body);
  }

  /** The archive that a node is the root of; nothing of it leads out. */
  subtree(path: string): NarArchive | undefined {
    const node = this.#find(path);
    return node === undefined ? undefined : new NarArchive(node, this.#range, this.#narSize);
  }

  /**
   * The whole tree: to restore it, or to write it as a NAR of its own. Every body is a range request,
   * made when it is read; one that is not read costs nothing. They may be read in any order.
   *
   * @throws NarError (while it is iterated) `ERR_NAR_LISTING` for a file of which the listing lacks size
   *   or offset; `ERR_NAR_SYNTAX`, `ERR_NAR_LIMIT` for a listing that is no tree.
   */
  *entries(options: NarEntriesOptions = {}): Generator<NarEntry, void, undefined> {
    checkOptions('NarArchive.entries', options, ['signal']);
    for (const [path, node] of walkTree(this.#root, membersOf)) {
      if (node.type === 'directory') yield { type: 'directory', path };
      else if (node.type === 'symlink') yield { type: 'symlink', path, target: node.target };
      else {
        const file = checkPlace(path, node, this.#narSize);
        const { size, narOffset } = file;
        const body = readContents(this.#range, file, 0, size, options.signal);
        yield { type: 'regular', path, executable: node.executable ?? false, size, narOffset, body };
      }
    }
  }

  #part(
    path: string,
    options: NarReadFileOptions,
  ): { length: number; body: AsyncGenerator<Uint8Array> } | undefined {
    const { offset = 0, length = Number.MAX_SAFE_INTEGER, signal } = options;
    for (const [name, value] of Object.entries({ offset, length })) {
      if (Number.isSafeInteger(value) && value >= 0) continue;
      throw new RangeError(`${name} ${value} of '${path}' is not an integer from 0 to 2^53-1`);
    }
    const node = this.#find(path, 'regular');
    if (node === undefined) return undefined;
    const file = checkPlace(path, node, this.#narSize);
    const start = Math.min(offset, file.size);
    const end = Math.min(start + length, file.size);
    return { length: end - start, body: readContents(this.#range, file, start, end, signal) };
  }

  #find(path: string): NarListingNode | undefined;
  #find<T extends NarListingNode['type']>(path: string, type: T): (NarListingNode & { type: T }) | undefined;
  #find(path: string, type?: NarListingNode['type']): NarListingNode | undefined {
    let node: NarListingNode | undefined = this.#root;
    for (const name of namesOf(path)) {
      node = memberOf(node, name);
      if (node === undefined) return undefined;
    }
    if (type === undefined || node.type === type) return node;
    throw new NarError('ERR_NAR_PATH', `'${path}' is of type ${node.type}, not ${type}; see stat`, { path });
  }
}

function membersOf(node: NarListingNode): Iterable<readonly [string, NarListingNode]> | undefined {
  return node.type === 'directory' ? Object.entries(node.entries) : undefined;
}

function statOf(node: NarListingNode): NarStat {
  if (node.type === 'directory') return { type: 'directory' };
  if (node.type === 'symlink') return { type: 'symlink', target: node.target };
  return { type: 'regular', executable: node.executable ?? false, size: node.size };
}

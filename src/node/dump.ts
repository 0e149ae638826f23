/**
 * A file tree on disk as NAR entries.
 *
 * The walk is synchronous: a promise a file would cost several times what the file does. Whoever
 * pulls the entries decides when the event loop gets its turn.
 *
 * @module
 */
import { lstatSync, readlinkSync } from 'node:fs';
import { NarError } from '../errors.ts';
import { archiveName } from '../nar/case-hack.ts';
import { NAR_LIMITS, type NarEntry } from '../nar/entry.ts';
import { compareNames, decodeName } from '../nar/name.ts';
import { checkName, checkTarget } from '../nar/order.ts';
import { checkOptions } from '../options.ts';
import { FileReader } from './file-reader.ts';
import {
  type FileKind,
  type FileType,
  fileError,
  fileType,
  fsPath,
  givenPath,
  joinPath,
  kindName,
  type Member,
  printable,
  readMembers,
} from './fs-path.ts';

/** Options of {@link dumpPath}. */
export interface DumpOptions {
  /**
   * Called for every member of a directory, not for the root, before it is opened: `false` leaves
   * it out, and with a directory all it holds. `path` is relative to the root, as in entries. A
   * socket, FIFO or device comes as `unsupported`; it is an error unless left out.
   *
   * @default everything is taken
   */
  filter?: (member: { readonly path: string; readonly type: FileType }) => boolean;
  /**
   * Read large files through two buffers in turn: a chunk of a body is then valid only until the next is
   * asked for. A fifth faster, and right for a consumer that is done with a chunk by then (a hash);
   * wrong for one that queues chunks (a socket, a compressor with threads).
   *
   * @default false
   */
  reuseChunks?: boolean;
  /**
   * Cut names at `~nix~case~hack~`, as Nix does on macOS: the archive is that from which
   * `restorePath` with the same option made the tree. `filter` sees the names of the archive.
   *
   * @default false: names are those on the disk
   */
  caseHack?: boolean;
}

interface OpenDirectory {
  readonly disk: string;
  /** What the paths of its members begin with: `''` or `a/b/`. */
  readonly prefix: string;
  readonly members: readonly Member[];
  next: number;
}

/**
 * The tree at `path` in archive order: the entries whose NAR is what `nix-store --dump` prints.
 *
 * Symbolic links are never followed, the root included. A file is executable when its owner may
 * execute it. Files up to 256 KiB are read at once, all into one buffer: their `body` is a
 * `Uint8Array`, valid until the next entry is asked for. Larger ones have a body of 512 KiB chunks,
 * read as it is iterated, one ahead, once, and before the next entry is asked for. An early end (`break`,
 * `return()`) leaves no file open.
 *
 * @param path A name that is not UTF-8 is given as bytes, or in the form of `decodeName`.
 * @throws NarError `ERR_FILE_UNSUPPORTED` for a socket, FIFO or device; `ERR_FILE_CHANGED` where a
 *   file changes type or size while it is read; `ERR_NAR_LIMIT` beyond what the newest Nix reads
 *   back (`NAR_LIMITS`); with `caseHack`, `ERR_FILE_EXISTS` where two names become one and
 *   `ERR_NAR_SYNTAX` where what remains is no name; `ERR_FILE_IO`, with the system's error as `cause`,
 *   for the rest. `path` of the error is the path on disk.
 *
 * @example
 * ```ts
 * import { writeNar } from 'narkit/nar';
 * import { dumpPath } from 'narkit/node';
 *
 * let size = 0;
 * for await (const chunk of writeNar(dumpPath('src'))) size += chunk.length;
 * console.log(`the NAR has ${size} bytes`);
 * ```
 */
export function dumpPath(path: string | Uint8Array, options: DumpOptions = {}): Iterable<NarEntry> {
  checkOptions('dumpPath', options, ['filter', 'reuseChunks', 'caseHack']);
  return walk(givenPath('dumpPath', path), options);
}

/** One loop over a stack, not a generator a directory: those would hand on every entry level by level. */
function* walk(
  root: string,
  { filter, reuseChunks = false, caseHack = false }: DumpOptions,
): Generator<NarEntry> {
  const files = new FileReader(reuseChunks);
  const open: OpenDirectory[] = [];
  let [kind, disk, path, name]: [FileKind, string, string, string] = [statRoot(root), root, '', ''];
  try {
    for (;;) {
      if (kind.isFile()) {
        yield files.entry(disk, path);
        files.close();
      } else if (kind.isDirectory()) {
        const members = caseHack ? withoutCaseHack(listMembers(disk), disk) : listMembers(disk);
        yield { type: 'directory', path };
        open.push({ disk, prefix: path === '' ? '' : `${path}/`, members, next: 0 });
      } else if (kind.isSymbolicLink()) yield { type: 'symlink', path, target: readTarget(disk) };
      else throw unsupported(kind, disk);

      let member: Member | undefined;
      for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
        member = top.members[top.next++];
        if (member === undefined) {
          open.pop();
          continue;
        }
        name = caseHack ? archiveName(member.name) : member.name;
        path = top.prefix + name;
        if (filter !== undefined && !filter({ path, type: fileType(member.kind) })) continue;
        kind = member.kind;
        disk = joinPath(top.disk, member.name);
        break;
      }
      if (member === undefined) return;
      checkLimits(name, open.length, disk);
    }
  } finally {
    files.close();
  }
}

function statRoot(disk: string): FileKind {
  try {
    return lstatSync(fsPath(disk));
  } catch (err) {
    throw fileError(err, 'cannot read', disk);
  }
}

function listMembers(disk: string): Member[] {
  try {
    return readMembers(disk);
  } catch (err) {
    throw fileError(err, 'cannot list', disk);
  }
}

/**
 * In the order of the names that they have in the archive.
 *
 * @throws NarError where two names are one there, or one is invalid.
 */
function withoutCaseHack(members: readonly Member[], directory: string): Member[] {
  const byName = new Map<string, Member>();
  for (const member of members) {
    const name = archiveName(member.name);
    const disk = joinPath(directory, member.name);
    if (name !== member.name) checkName(name, disk);
    const other = byName.get(name);
    if (other !== undefined) {
      const both = `'${printable(disk)}' and '${printable(other.name)}'`;
      throw new NarError('ERR_FILE_EXISTS', `${both} are one name without the case hack: rename one`, {
        path: disk,
      });
    }
    byName.set(name, member);
  }
  return [...byName].sort(([a], [b]) => compareNames(a, b)).map(([, member]) => member);
}

function readTarget(disk: string): string {
  try {
    const target = decodeName(readlinkSync(fsPath(disk), 'buffer'));
    checkTarget(target, disk);
    return target;
  } catch (err) {
    throw fileError(err, 'cannot read the link', disk);
  }
}

/** Most systems have tighter limits than the newest Nix; not all do. */
function checkLimits(name: string, depth: number, disk: string): void {
  // At most three bytes a UTF-16 unit: short names need no counting.
  if (name.length * 3 > NAR_LIMITS.nameLength) checkName(name, disk);
  if (depth > NAR_LIMITS.depth) {
    throw new NarError('ERR_NAR_LIMIT', `'${printable(disk)}' lies deeper than ${NAR_LIMITS.depth} names`, {
      path: disk,
    });
  }
}

function unsupported(kind: FileKind, disk: string): NarError {
  const what = `'${printable(disk)}' is ${kindName(kind)}`;
  return new NarError(
    'ERR_FILE_UNSUPPORTED',
    `${what}; a NAR holds files, directories and symlinks: remove it, or leave it out with 'filter'`,
    { path: disk },
  );
}

/**
 * The walk over a file tree on disk, whatever becomes of its files.
 *
 * @module
 */
import { lstatSync, readlinkSync } from 'node:fs';
import { NarError } from '../errors.ts';
import { archiveName } from '../nar/case-hack.ts';
import { NAR_LIMITS, type NarDirectory, type NarSymlink } from '../nar/entry.ts';
import { compareNames, decodeName } from '../nar/name.ts';
import { checkName, checkTarget } from '../nar/order.ts';
import {
  type FileKind,
  type FileType,
  fileError,
  fileType,
  fsPath,
  joinPath,
  kindName,
  type Member,
  printable,
  readMembers,
} from './fs-path.ts';

/** What `DumpOptions` say of a walk. */
interface WalkOptions {
  readonly filter?: (member: { readonly path: string; readonly type: FileType }) => boolean;
  readonly caseHack?: boolean;
}

/** What makes entries of regular files. */
export interface FileSource<File> {
  /** The file at `disk`, whose path in the tree is `path`. */
  entry(disk: string, path: string): File;
  /** The last file is done with: the next node was asked for, or the walk ends. */
  close(): void;
}

interface OpenDirectory {
  readonly disk: string;
  /** What the paths of its members begin with: `''` or `a/b/`. */
  readonly prefix: string;
  readonly members: readonly Member[];
  next: number;
}

/**
 * The nodes at `root` and below, in archive order; see `dumpPath`. One loop over a stack, not a generator
 * a directory: those would hand on every entry level by level.
 */
export function* walk<File>(
  root: string,
  { filter, caseHack = false }: WalkOptions,
  files: FileSource<File>,
): Generator<File | NarDirectory | NarSymlink, void, undefined> {
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

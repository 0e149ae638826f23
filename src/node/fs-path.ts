/**
 * Paths and errors of `node:fs`, for trees whose names are bytes.
 *
 * Everywhere in this library a path is a string in the form of `decodeName`; it becomes what
 * `node:fs` wants only at the call, so that a name that is not UTF-8 needs no second way through.
 *
 * @module
 */
import { type Dirent, readdirSync } from 'node:fs';
import { NarError } from '../errors.ts';
import { decodeName, encodeName } from '../nar/name.ts';

/** What is found on a disk: what a NAR can hold, and everything else. */
export type FileType = 'regular' | 'directory' | 'symlink' | 'unsupported';

/** The `isX` methods that `Stats` and `Dirent` share. */
export type FileKind = Pick<
  Dirent,
  'isFile' | 'isDirectory' | 'isSymbolicLink' | 'isFIFO' | 'isSocket' | 'isBlockDevice' | 'isCharacterDevice'
>;

/** One member of a directory. */
export interface Member {
  readonly name: string;
  readonly kind: FileKind;
}

/**
 * The path a caller named, without trailing slashes: `lstat('link/')` would follow the link.
 *
 * @throws TypeError for what is no path, an empty or NUL-bearing one included.
 */
export function givenPath(where: string, path: string | Uint8Array): string {
  const text = path instanceof Uint8Array ? decodeName(path) : path;
  if (typeof text !== 'string' || text === '' || text.includes('\0')) {
    throw new TypeError(`${where}: the path must be a non-empty string or Uint8Array without NUL`);
  }
  let end = text.length;
  while (end > 1 && text[end - 1] === '/') end--;
  return text.slice(0, end);
}

/** A path as `node:fs` takes it. Well-formed strings are the fast case; V8 knows it for ASCII. */
export function fsPath(path: string): string | Buffer {
  return path.isWellFormed() ? path : Buffer.from(encodeName(path));
}

/** The path of a member; `/` is the one directory that ends in a slash. */
export function joinPath(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

/**
 * The members of a directory in bytewise order of their names.
 *
 * @throws the error of `node:fs`.
 */
export function readMembers(directory: string): Member[] {
  const path = fsPath(directory);
  const members = readdirSync(path, { withFileTypes: true });
  if (members.every(({ name }) => isAscii(name))) {
    return members.sort((a, b) => (a.name < b.name ? -1 : 1)).map((kind) => ({ name: kind.name, kind }));
  }
  // Once more, as bytes: the strings have lost what is not UTF-8, and UTF-16 has another order.
  return readdirSync(path, { withFileTypes: true, encoding: 'buffer' })
    .sort((a, b) => Buffer.compare(a.name, b.name))
    .map((kind) => ({ name: decodeName(kind.name), kind }));
}

/** Whether a text is ASCII: then UTF-16 order is byte order and no byte was lost. */
function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** The type of a node as a NAR knows it. */
export function fileType(kind: FileKind): FileType {
  if (kind.isFile()) return 'regular';
  if (kind.isDirectory()) return 'directory';
  return kind.isSymbolicLink() ? 'symlink' : 'unsupported';
}

/** What an unsupported node is, for messages. */
export function kindName(kind: FileKind): string {
  if (kind.isFIFO()) return 'a FIFO';
  if (kind.isSocket()) return 'a socket';
  if (kind.isBlockDevice()) return 'a block device';
  return kind.isCharacterDevice() ? 'a character device' : 'of an unknown type';
}

/** The `code` of an error of the operating system, such as `ENOENT`. */
export function systemCode(err: unknown): string | undefined {
  if (!(err instanceof Error) || !('code' in err) || !('syscall' in err)) return undefined;
  return typeof err.code === 'string' ? err.code : undefined;
}

/**
 * An error of the operating system as a `NarError` `ERR_FILE_IO`; anything else as it is.
 *
 * @param doing What failed, such as `cannot read`.
 */
export function fileError(err: unknown, doing: string, path: string): unknown {
  const code = systemCode(err);
  if (code === undefined) return err;
  return new NarError('ERR_FILE_IO', `${doing} '${printable(path)}': ${code}`, { path, cause: err });
}

/** A path for a message: bytes that are not UTF-8 as `\xff`, control characters escaped. */
export function printable(path: string): string {
  return path
    .replace(/[\udc80-\udcff]/gu, (char) => `\\x${(char.charCodeAt(0) - 0xdc00).toString(16)}`)
    .replace(/\p{Cc}/gu, (char) => JSON.stringify(char).slice(1, -1));
}

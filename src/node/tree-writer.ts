/**
 * Creates the nodes of a tree, out of sight, and shows it when it is complete.
 *
 * @module
 */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  futimesSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { NarError } from '../errors.ts';
import { CaseHack } from '../nar/case-hack.ts';
import type { NarRegular, NarSymlink } from '../nar/entry.ts';
import { checkTarget } from '../nar/order.ts';
import { fileError, fsPath, joinPath, printable, systemCode } from './fs-path.ts';
import { existing, hiddenSibling, refuseExisting, reveal } from './reveal.ts';
import { writeBody } from './write-body.ts';

/** Only a file that did not exist before, and never through a link. */
const CREATE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Seconds since the epoch that every file in a Nix store was modified at. */
const CANONICAL_TIME = 1;

/** Up to this size a body given whole is written in the same turn. */
const SMALL = 1024 * 1024;

const PLAIN_MODES = { file: 0o644, executable: 0o755, directory: 0o755 };
const CANONICAL_MODES = { file: 0o444, executable: 0o555, directory: 0o555 };

/** A directory that is still filled. */
interface OpenDirectory {
  readonly path: string;
  /** Where it is for now. */
  readonly disk: string;
  /** Names its members, where the case hack is wanted. */
  readonly names: CaseHack | undefined;
}

/** How a {@link TreeWriter} writes. */
export interface TreeWriterOptions {
  readonly canonical: boolean;
  readonly caseHack: boolean;
}

/** Writes the nodes of one tree; the caller has checked their names and order. */
export class TreeWriter {
  /** Where the tree grows, beside its destination: the last rename stays within a file system. */
  readonly temporary: string;
  readonly #destination: string;
  readonly #canonical: boolean;
  readonly #caseHack: boolean;
  readonly #modes: typeof PLAIN_MODES;
  /** Outermost first. */
  readonly #open: OpenDirectory[] = [];
  /** Whether the umask (or a default ACL) takes away from the modes we ask for. */
  #fixModes = true;
  /** The link that is the whole tree: it is made at the end, in one step. */
  #rootTarget: string | undefined;

  constructor(destination: string, { canonical, caseHack }: TreeWriterOptions) {
    this.temporary = hiddenSibling(destination);
    this.#destination = destination;
    this.#canonical = canonical;
    this.#caseHack = caseHack;
    this.#modes = canonical ? CANONICAL_MODES : PLAIN_MODES;
  }

  /** A directory, from now on open. */
  directory(path: string): void {
    const disk = this.#place(path);
    this.#create(path, disk, (at) => {
      mkdirSync(at, 0o755);
      // What happens to 0755 happens to every mode in use here: they have no other bits.
      if (path === '') this.#fixModes = (lstatSync(at).mode & 0o777) !== 0o755;
      if (this.#fixModes) chmodSync(at, 0o755);
    });
    this.#open.push({ path, disk, names: this.#caseHack ? new CaseHack() : undefined });
  }

  symlink({ path, target }: NarSymlink): void {
    checkTarget(target, path);
    if (path === '') this.#rootTarget = target;
    this.#create(path, this.#place(path), (at) => {
      if (path !== '') this.#link(target, at);
    });
  }

  /** A file. A promise only where the body is large or comes in pieces. */
  regular(entry: NarRegular, signal: AbortSignal | undefined): Promise<void> | undefined {
    const { path, executable, size, body } = entry;
    const mode = executable ? this.#modes.executable : this.#modes.file;
    const fd = this.#create(path, this.#place(path), (at) => openSync(at, CREATE_FLAGS, mode));
    const finish = (): void => {
      if (this.#fixModes) fchmodSync(fd, mode);
      if (this.#canonical) futimesSync(fd, CANONICAL_TIME, CANONICAL_TIME);
    };
    if (body instanceof Uint8Array && body.length === size && size <= SMALL) {
      try {
        for (let at = 0; at < size; ) at += writeSync(fd, body, at);
        finish();
      } catch (err) {
        throw fileError(err, 'cannot write', this.#shown(path));
      } finally {
        closeSync(fd);
      }
      return undefined;
    }
    return writeBody(fd, entry, signal)
      .then(finish)
      .catch((err: unknown) => {
        throw fileError(err, 'cannot write', this.#shown(path));
      })
      .finally(() => closeSync(fd));
  }

  /** Ends the `count` innermost open directories. */
  leave(count: number): void {
    for (let i = 0; i < count; i++) {
      const { path, disk } = this.#open.pop() as OpenDirectory;
      if (!this.#canonical) continue;
      try {
        chmodSync(fsPath(disk), this.#modes.directory);
        utimesSync(fsPath(disk), CANONICAL_TIME, CANONICAL_TIME);
      } catch (err) {
        throw fileError(err, 'cannot finish', this.#shown(path));
      }
    }
  }

  /** Shows the complete tree at its destination. */
  reveal(): void {
    try {
      if (this.#rootTarget === undefined) reveal(this.temporary, this.#destination);
      else this.#link(this.#rootTarget, fsPath(this.#destination));
    } catch (err) {
      if (systemCode(err) === 'EEXIST') throw existing(this.#destination, err);
      throw fileError(err, 'cannot create', this.#destination);
    }
  }

  #link(target: string, disk: string | Buffer): void {
    symlinkSync(fsPath(target), disk);
    if (this.#canonical) lutimesSync(disk, CANONICAL_TIME, CANONICAL_TIME);
  }

  /** Where a new node goes: below the innermost open directory. Asked once a node, which the case hack counts. */
  #place(path: string): string {
    const parent = this.#open.at(-1);
    if (parent === undefined) return this.temporary;
    const name = path.slice(path.lastIndexOf('/') + 1);
    return `${parent.disk}/${parent.names?.diskName(name, path) ?? name}`;
  }

  #create<T>(path: string, disk: string, make: (at: string | Buffer) => T): T {
    const shown = this.#shown(path);
    try {
      if (path === '') refuseExisting(this.#destination);
      return make(fsPath(disk));
    } catch (err) {
      if (systemCode(err) !== 'EEXIST' || path === '') throw fileError(err, 'cannot create', shown);
      const message = `to this file system '${printable(shown)}' is the same name as one before it in the archive; 'caseHack' restores names that differ in case only`;
      throw new NarError('ERR_FILE_EXISTS', message, { path: shown, cause: err });
    }
  }

  /** The path that messages name: the temporary one is gone when they are read. */
  #shown(path: string): string {
    return path === '' ? this.#destination : joinPath(this.#destination, path);
  }
}

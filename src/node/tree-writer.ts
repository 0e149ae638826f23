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
import { RestoreLane } from './restore-lane.ts';
import type { Stage } from './restore-thread.ts';
import { existing, hiddenSibling, refuseExisting, reveal } from './reveal.ts';
import { writeBody } from './write-body.ts';

/** Only a file that did not exist before, and never through a link. */
const CREATE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Seconds since the epoch that every file in a Nix store was modified at. */
const CANONICAL_TIME = 1;

/** Up to this size a body given whole is written in the same turn. */
const SMALL = 1024 * 1024;

/** Most directories that wait for what is in them to be written. */
const MOST_LEFT = 1024;

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

/** A directory that is complete as soon as the thread has written what was handed to it. */
interface LeftDirectory extends OpenDirectory {
  /** The lane's mark when it was left. */
  readonly mark: number;
}

/** How a {@link TreeWriter} writes. */
export interface TreeWriterOptions {
  readonly canonical: boolean;
  readonly caseHack: boolean;
  /** Bytes from which on small files are written by a thread. */
  readonly threadFrom: number;
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
  /** Waiting for their modes and times, in the order in which they were left: inner before outer. */
  readonly #left: LeftDirectory[] = [];
  readonly #lane: RestoreLane;
  /** Whether the umask (or a default ACL) takes away from the modes we ask for. */
  #fixModes = true;
  /** The link that is the whole tree: it is made at the end, in one step. */
  #rootTarget: string | undefined;

  constructor(destination: string, { canonical, caseHack, threadFrom }: TreeWriterOptions) {
    this.temporary = hiddenSibling(destination);
    this.#destination = destination;
    this.#canonical = canonical;
    this.#caseHack = caseHack;
    this.#modes = canonical ? CANONICAL_MODES : PLAIN_MODES;
    this.#lane = new RestoreLane(threadFrom, (stage, path, err) => this.#failed(stage, path, err));
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
    const disk = this.#place(path);
    const small = body instanceof Uint8Array && body.length === size && size <= SMALL;
    if (small && path !== '' && this.#handOver(path, disk, mode, body)) return undefined;
    const fd = this.#create(path, disk, (at) => openSync(at, CREATE_FLAGS, mode));
    const finish = (): void => {
      if (this.#fixModes) fchmodSync(fd, mode);
      if (this.#canonical) futimesSync(fd, CANONICAL_TIME, CANONICAL_TIME);
    };
    if (small) {
      try {
        for (let at = 0; at < size; ) at += writeSync(fd, body, at);
        finish();
      } catch (err) {
        throw this.#failed('write', path, err);
      } finally {
        closeSync(fd);
      }
      return undefined;
    }
    return writeBody(fd, entry, signal)
      .then(finish)
      .catch((err: unknown) => {
        throw this.#failed('write', path, err);
      })
      .finally(() => closeSync(fd));
  }

  /** Ends the `count` innermost open directories. A promise only where too many wait for the thread. */
  leave(count: number): Promise<void> | undefined {
    if (!this.#canonical) {
      this.#open.length -= count;
      return undefined;
    }
    for (let i = 0; i < count; i++) {
      this.#left.push({ ...(this.#open.pop() as OpenDirectory), mark: this.#lane.mark });
    }
    this.#finishLeft();
    return this.#left.length > MOST_LEFT ? this.complete() : undefined;
  }

  /** Until all that was asked for so far is on the disk; what was left, with its modes and times. */
  async complete(): Promise<void> {
    await this.#lane.drain();
    this.#finishLeft();
  }

  /** @throws what went wrong in the thread */
  check(): void {
    this.#lane.check();
  }

  /** From now on nothing is written. */
  close(): Promise<void> {
    return this.#lane.close();
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

  #handOver(path: string, disk: string, mode: number, content: Uint8Array): boolean {
    const [fixMode, fixTime] = [this.#fixModes, this.#canonical];
    return this.#lane.handOver({ path, disk, mode, fixMode, fixTime, content });
  }

  /** Gives their modes and times to directories that nothing more will be written in. */
  #finishLeft(): void {
    const waiting = this.#left.findIndex(({ mark }) => !this.#lane.reached(mark));
    for (const { path, disk } of this.#left.splice(0, waiting < 0 ? this.#left.length : waiting)) {
      try {
        chmodSync(fsPath(disk), this.#modes.directory);
        utimesSync(fsPath(disk), CANONICAL_TIME, CANONICAL_TIME);
      } catch (err) {
        throw fileError(err, 'cannot finish', this.#shown(path));
      }
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
    try {
      if (path === '') refuseExisting(this.#destination);
      return make(fsPath(disk));
    } catch (err) {
      throw this.#failed('create', path, err);
    }
  }

  /** The error to report, whichever thread it comes from. */
  #failed(stage: Stage, path: string, err: unknown): unknown {
    const shown = this.#shown(path);
    if (stage === 'write' || systemCode(err) !== 'EEXIST' || path === '') {
      return fileError(err, `cannot ${stage}`, shown);
    }
    const message = `to this file system '${printable(shown)}' is the same name as one before it in the archive; 'caseHack' restores names that differ in case only`;
    return new NarError('ERR_FILE_EXISTS', message, { path: shown, cause: err });
  }

  /** The path that messages name: the temporary one is gone when they are read. */
  #shown(path: string): string {
    return path === '' ? this.#destination : joinPath(this.#destination, path);
  }
}

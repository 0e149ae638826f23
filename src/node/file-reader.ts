/**
 * The regular files of a tree, one at a time, as NAR entries.
 *
 * @module
 */
import { closeSync, constants, fstatSync, openSync, read as readFromDisk, readSync } from 'node:fs';
import { allocate } from '#native';
import { NarError } from '../errors.ts';
import type { NarRegular } from '../nar/entry.ts';
import { fileError, fsPath, kindName, printable, systemCode } from './fs-path.ts';

/** A file up to this size is read at once: small enough to stay in the processor's cache till it is used. */
const SLICE = 256 * 1024;
/** What a reader begins with: most paths of a store are small, and have a reader each. */
const FIRST_SLICE = 8 * 1024;
/** Bytes of a larger file that are read ahead at once: each time costs a turn of the event loop. */
const LARGE_SLICE = 512 * 1024;

/** Never through a link; never waiting for the writer of a FIFO that took the file's place. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** How a file may have changed that is open. */
export const SHORTER = 'it became shorter while it was read';
export const LONGER = 'it became longer while it was read';

/** The owner may execute it. */
const S_IXUSR = 0o100;

/** A regular file that was opened, and what its entry says. */
export interface OpenedFile {
  /** The caller closes it. */
  readonly fd: number;
  /** Bytes. */
  readonly size: number;
  readonly executable: boolean;
}

/** An open file; not its bare number, which the next file gets as soon as this one is closed. */
interface OpenFile {
  readonly fd: number;
}

/** Reads one file after the other; at most one is open. */
export class FileReader {
  /** One byte more than is ever wanted, so that a file that has grown shows itself. */
  #buffer = new Uint8Array(FIRST_SLICE + 1);
  readonly #reuseChunks: boolean;
  /** The large file whose body may still be read. */
  #open: OpenFile | undefined;

  constructor(reuseChunks: boolean) {
    this.#reuseChunks = reuseChunks;
  }

  /**
   * The entry of a file. A small file is read and closed at once, into a buffer that the next call
   * uses again; a large one stays open for its body until {@link close}.
   */
  entry(disk: string, path: string): NarRegular {
    const { fd, size, executable } = openRegular(disk);
    if (size > SLICE) {
      this.#open = { fd };
      return { type: 'regular', path, executable, size, body: this.#body(this.#open, size, disk) };
    }
    try {
      if (size >= this.#buffer.length) this.#buffer = new Uint8Array(SLICE + 1);
      readExactly(fd, this.#buffer, size, disk);
    } finally {
      closeSync(fd);
    }
    return { type: 'regular', path, executable, size, body: new Uint8Array(this.#buffer.buffer, 0, size) };
  }

  /** Closes what the last entry left open; its body can be read no more. */
  close(): void {
    const file = this.#open;
    this.#open = undefined;
    if (file !== undefined) closeSync(file.fd);
  }

  /** Reads ahead by one slice, on the thread pool: while a slice is hashed or compressed, the next comes. */
  async *#body(file: OpenFile, size: number, disk: string): AsyncGenerator<Uint8Array, void, undefined> {
    const slice = (at: number, buffer?: Uint8Array): Promise<Uint8Array> => {
      const length = Math.min(LARGE_SLICE, size - at);
      return readSlice(file.fd, at, length, at + length === size, disk, buffer);
    };
    let spare: Uint8Array | undefined;
    let pending: Promise<Uint8Array> | undefined = slice(0);
    try {
      for (let at = 0; at < size; ) {
        if (this.#open !== file) {
          throw new TypeError(`the body of '${printable(disk)}' was read after the next entry was asked for`);
        }
        const chunk: Uint8Array = await (pending as Promise<Uint8Array>);
        at += chunk.length;
        pending = undefined;
        if (at < size) {
          pending = slice(at, spare);
          pending.catch(() => {}); // awaited in its turn, unless the consumer stops
        }
        if (this.#reuseChunks) spare = chunk;
        yield chunk;
      }
    } finally {
      await pending?.catch(() => {});
    }
  }
}

/** `length` bytes at `position`; with `last`, the file must end there. */
async function readSlice(
  fd: number,
  position: number,
  length: number,
  last: boolean,
  disk: string,
  buffer?: Uint8Array,
): Promise<Uint8Array> {
  const room = last ? length + 1 : length;
  const target =
    buffer !== undefined && buffer.buffer.byteLength >= room ? new Uint8Array(buffer.buffer) : allocate(room);
  let got = 0;
  // One round in all but rare cases: network file systems may give less than there is.
  while (got < length) {
    const more = await readAt(fd, target, got, room - got, position + got, disk);
    if (more === 0) throw changed(disk, SHORTER);
    got += more;
  }
  if (got > length) throw changed(disk, LONGER);
  return new Uint8Array(target.buffer, 0, length);
}

function readAt(
  fd: number,
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number,
  disk: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    readFromDisk(fd, buffer, offset, length, position, (err, bytes) => {
      if (err === null) resolve(bytes);
      else reject(fileError(err, 'cannot read', disk));
    });
  });
}

/**
 * Opens a file that the walk saw; never through a link.
 *
 * @throws NarError `ERR_FILE_CHANGED` where something else has taken its place, `ERR_FILE_IO`
 */
export function openRegular(disk: string): OpenedFile {
  const fd = openFile(disk);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile())
      throw changed(disk, `it became ${stat.isDirectory() ? 'a directory' : kindName(stat)}`);
    return { fd, size: stat.size, executable: (stat.mode & S_IXUSR) !== 0 };
  } catch (err) {
    closeSync(fd);
    throw fileError(err, 'cannot read', disk);
  }
}

function openFile(disk: string): number {
  try {
    return openSync(fsPath(disk), OPEN_FLAGS);
  } catch (err) {
    // What a link in the file's place gives: ELOOP, on FreeBSD EMLINK.
    if (['ELOOP', 'EMLINK'].includes(systemCode(err) ?? '')) throw changed(disk, 'it became a symlink', err);
    throw fileError(err, 'cannot open', disk);
  }
}

/**
 * Fills `buffer` with `length` bytes from where the file stands. A longer buffer must stay
 * unfilled: the file ends here. One call of the system in all but rare cases.
 *
 * @throws NarError `ERR_FILE_CHANGED`, `ERR_FILE_IO`
 */
export function readExactly(fd: number, buffer: Uint8Array, length: number, disk: string): void {
  try {
    let got = readSync(fd, buffer, 0, length < buffer.length ? length + 1 : length, null);
    while (got < length) {
      // Network file systems may give less than there is.
      const more = readSync(fd, buffer, got, length - got, null);
      if (more === 0) throw changed(disk, SHORTER);
      got += more;
    }
    if (got > length) throw changed(disk, LONGER);
  } catch (err) {
    throw fileError(err, 'cannot read', disk);
  }
}

/** The error of a file that did not stay what it was. */
export function changed(disk: string, how: string, cause?: unknown): NarError {
  return new NarError('ERR_FILE_CHANGED', `'${printable(disk)}' changed: ${how}`, { path: disk, cause });
}

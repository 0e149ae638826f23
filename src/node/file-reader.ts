/**
 * The regular files of a tree, one at a time, as NAR entries.
 *
 * @module
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { allocate } from '#native';
import { NarError } from '../errors.ts';
import type { NarRegular } from '../nar/entry.ts';
import { fileError, fsPath, kindName, printable, systemCode } from './fs-path.ts';

/**
 * Bytes read at once: small enough to stay in the processor's cache from the read to the hash.
 * Over 1 GiB with SHA-256, 64 to 256 KiB were equally fast and 1 MiB 7 % slower.
 */
const SLICE = 256 * 1024;

/** Never through a link; never waiting for the writer of a FIFO that took the file's place. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The owner may execute it. */
const S_IXUSR = 0o100;

/** An open file; not its bare number, which the next file gets as soon as this one is closed. */
interface OpenFile {
  readonly fd: number;
}

/** Reads one file after the other; at most one is open. */
export class FileReader {
  /** One byte more than is ever wanted, so that a file that has grown shows itself. */
  readonly #buffer = new Uint8Array(SLICE + 1);
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
    const fd = openFile(disk);
    let body: NarRegular['body'] | undefined;
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile())
        throw changed(disk, `it became ${stat.isDirectory() ? 'a directory' : kindName(stat)}`);
      const { size } = stat;
      const executable = (stat.mode & S_IXUSR) !== 0;
      if (size > SLICE) {
        this.#open = { fd };
        body = this.#body(this.#open, size, disk);
        return { type: 'regular', path, executable, size, body };
      }
      readExactly(fd, this.#buffer, size, disk);
      return { type: 'regular', path, executable, size, body: new Uint8Array(this.#buffer.buffer, 0, size) };
    } catch (err) {
      throw fileError(err, 'cannot read', disk);
    } finally {
      if (body === undefined) closeSync(fd);
    }
  }

  /** Closes what the last entry left open; its body can be read no more. */
  close(): void {
    const file = this.#open;
    this.#open = undefined;
    if (file !== undefined) closeSync(file.fd);
  }

  *#body(file: OpenFile, size: number, disk: string): Generator<Uint8Array> {
    let buffer: Uint8Array = this.#buffer;
    for (let left = size; left > 0; ) {
      if (this.#open !== file) {
        throw new TypeError(`the body of '${printable(disk)}' was read after the next entry was asked for`);
      }
      const length = Math.min(left, SLICE);
      const room = length < left ? length : length + 1;
      if (!this.#reuseChunks) buffer = allocate(room);
      try {
        readExactly(file.fd, buffer.subarray(0, room), length, disk);
      } catch (err) {
        throw fileError(err, 'cannot read', disk);
      }
      left -= length;
      yield new Uint8Array(buffer.buffer, buffer.byteOffset, length);
    }
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
 */
function readExactly(fd: number, buffer: Uint8Array, length: number, disk: string): void {
  let got = readSync(fd, buffer, 0, length < buffer.length ? length + 1 : length, null);
  while (got < length) {
    // Network file systems may give less than there is.
    const more = readSync(fd, buffer, got, length - got, null);
    if (more === 0) throw changed(disk, 'it became shorter while it was read');
    got += more;
  }
  if (got > length) throw changed(disk, 'it became longer while it was read');
}

function changed(disk: string, how: string, cause?: unknown): NarError {
  return new NarError('ERR_FILE_CHANGED', `'${printable(disk)}' changed: ${how}`, { path: disk, cause });
}

/**
 * A file tree on disk as NAR entries.
 *
 * The walk is synchronous: a promise a file would cost several times what the file does. Whoever
 * pulls the entries decides when the event loop gets its turn.
 *
 * @module
 */
import type { NarEntry } from '../nar/entry.ts';
import { checkOptions } from '../options.ts';
import { FileReader } from './file-reader.ts';
import { type FileType, givenPath } from './fs-path.ts';
import { walk } from './walk.ts';

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
  return walk(givenPath('dumpPath', path), options, new FileReader(options.reuseChunks ?? false));
}

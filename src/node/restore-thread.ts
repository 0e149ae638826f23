/**
 * The thread that writes small files for `restorePath`, and the memory that it shares with it.
 *
 * @module
 */
import type * as fs from 'node:fs';
import type * as threads from 'node:worker_threads';
import { Worker } from 'node:worker_threads';

/** Bytes of the ring. Small enough to stay in a processor's cache, large enough not to run dry. */
export const RING: number = 4 * 1024 * 1024;
/** Most files in the ring at a time: a power of two, so that counts may wrap. */
export const FILES = 1024;

/** Bytes before a file's path and content; each file begins at a multiple of it. */
export const HEAD = 16;

/** What both sides see. A file's part of the ring is the main thread's until counted as filled, then the thread's until done. */
export interface Shared {
  /** Files filled, files done, whether the main thread waits, and for which count of files done. */
  readonly counts: Int32Array;
  /**
   * File after file: four numbers (bytes of the path, -1 where the next file is at the ring's beginning;
   * bytes of the content; mode; flags), the path, the content.
   */
  readonly ring: SharedArrayBuffer;
}

/** Indices of `Shared.counts`. */
export const FILLED = 0;
export const DONE = 1;
export const WAITING = 2;
export const WANTED = 3;

/** The mode must be set once more: the umask took from it. */
export const FIX_MODE = 1;
/** The time must be that of a store. */
export const FIX_TIME = 2;

/** What could not be done with a file. */
export type Stage = 'create' | 'write';

/** An error of `node:fs` in parts: cloned, it would lose its code. */
export interface ErrorParts {
  readonly message: string;
  readonly code?: string;
  readonly errno?: number;
  readonly syscall?: string;
}

/** What the thread says: as many files are done as are waited for, or which file failed; then it ends. */
export type Report = 'done' | { readonly file: number; readonly stage: Stage; readonly error: ErrorParts };

/**
 * What the thread runs: its text is handed to the `Worker`, so that it needs no file of its own, which a
 * bundler would lose. It may therefore use nothing from around it.
 */
export function restoreThread(
  { closeSync, constants, fchmodSync, futimesSync, openSync, writeSync }: typeof fs,
  { parentPort, workerData }: typeof threads,
): void {
  const { counts, ring } = workerData as Shared;
  const bytes = new Uint8Array(ring);
  const heads = new Int32Array(ring);
  // Only a file that did not exist before, and never through a link.
  const create = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  /** For the report. */
  let stage: Stage = 'create';

  /** Writes the file whose head is at `at`; returns where the next one's is. */
  function writeFile(at: number): number {
    const head = at / 4;
    const length = heads[head] as number;
    const size = heads[head + 1] as number;
    const mode = heads[head + 2] as number;
    const flags = heads[head + 3] as number;
    const content = at + 16 + length;
    stage = 'create';
    const fd = openSync(Buffer.from(ring, at + 16, length), create, mode);
    stage = 'write'; // closing belongs to it: some file systems keep the errors of writing till then
    try {
      for (let written = 0; written < size; )
        written += writeSync(fd, bytes, content + written, size - written);
      if (flags & 1) fchmodSync(fd, mode);
      if (flags & 2) futimesSync(fd, 1, 1);
    } finally {
      closeSync(fd);
    }
    return ((content + size + 15) & ~15) % bytes.length;
  }

  for (let done = 0, at = 0; ; ) {
    // Sleeping and being woken costs more than a small file does: look a while first.
    for (let looks = 0; Atomics.load(counts, 0) === done; looks++)
      if (looks > 20_000) Atomics.wait(counts, 0, done);
    if ((heads[at / 4] as number) < 0) at = 0;
    try {
      at = writeFile(at);
    } catch (err) {
      const { message, code, errno, syscall } = err as NodeJS.ErrnoException;
      const error = { message, ...(code && { code }), ...(errno && { errno }), ...(syscall && { syscall }) };
      parentPort?.postMessage({ file: done, stage, error } satisfies Report);
      return;
    }
    done = (done + 1) | 0;
    Atomics.store(counts, 1, done);
    if (Atomics.load(counts, 2) === 1 && ((done - Atomics.load(counts, 3)) | 0) >= 0) {
      Atomics.store(counts, 2, 0);
      parentPort?.postMessage('done' satisfies Report);
    }
  }
}

/** Starts the thread; `undefined` where threads are forbidden (`node --permission`). */
export function startRestoreThread(shared: Shared): Worker | undefined {
  const text = `(${restoreThread})(require('node:fs'), require('node:worker_threads'))`;
  try {
    return new Worker(text, { eval: true, workerData: shared, execArgv: [] });
  } catch {
    return undefined;
  }
}

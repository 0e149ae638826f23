/**
 * The thread that hashes for `hashPath`, and the memory that it shares with the walk.
 *
 * @module
 */
import type * as crypto from 'node:crypto';
import type * as fs from 'node:fs';
import type * as threads from 'node:worker_threads';
import { Worker } from 'node:worker_threads';

/** Slots of the ring: a power of two, so that counts may wrap. */
export const SLOTS = 64;
/** Bytes of a slot. */
export const SLOT_SIZE: number = 128 * 1024;

/** What both sides see. A slot belongs to the walk until it is counted as filled, then to the thread until done. */
export interface Shared {
  readonly algo: string;
  /** Slots filled, slots done, whether the walk waits, and for which count of slots done. */
  readonly counts: Int32Array;
  /** For each slot: bytes in it (-1: the end), and after those a file's descriptor (-1: none) and size. */
  readonly heads: Int32Array;
  readonly bytes: Uint8Array;
  readonly slots: number;
  readonly slotSize: number;
}

/** The memory of a new ring. */
export function share(algo: string): Shared {
  return {
    algo,
    counts: new Int32Array(new SharedArrayBuffer(16)),
    heads: new Int32Array(new SharedArrayBuffer(SLOTS * 12)),
    bytes: new Uint8Array(new SharedArrayBuffer(SLOTS * SLOT_SIZE)),
    slots: SLOTS,
    slotSize: SLOT_SIZE,
  };
}

/** Indices of `Shared.counts`. */
export const FILLED = 0;
export const DONE = 1;
export const WAITING = 2;
export const WANTED = 3;

/** What the thread says: there is room, this is the digest, or why a handed-over file could not be hashed. */
export type Report =
  | { readonly digest: Uint8Array }
  | { readonly slot: number; readonly changed: 'shorter' | 'longer' }
  | { readonly slot: number; readonly error: { message: string; code?: string; syscall?: string } }
  | 'room';

/**
 * What the thread runs: its text is handed to the `Worker`, so that it needs no file of its own, which a
 * bundler would lose. It may therefore use nothing from around it.
 */
export function hashThread(
  { createHash }: typeof crypto,
  { readSync }: typeof fs,
  { parentPort, workerData }: typeof threads,
): void {
  const { algo, counts, heads, bytes, slots, slotSize } = workerData as Shared;
  const report = (what: Report): void => parentPort?.postMessage(what);
  const hash = createHash(algo);
  // One byte more than is wanted, so that a file that has grown shows itself.
  const buffer = new Uint8Array(slotSize + 1);

  /** Hashes a file that is `size` bytes long, and says how it is not. */
  function hashFile(fd: number, size: number): 'shorter' | 'longer' | undefined {
    for (let left = size; left > 0; ) {
      const want = left < slotSize ? left + 1 : left === slotSize ? slotSize + 1 : slotSize;
      const got = readSync(fd, buffer, 0, want, null);
      if (got === 0) return 'shorter';
      if (got > left) return 'longer';
      hash.update(buffer.subarray(0, got));
      left -= got;
    }
    return undefined;
  }

  for (let done = 0; ; ) {
    // Sleeping and being woken costs more than a small file does: look a while first.
    for (let looks = 0; Atomics.load(counts, 0) === done; looks++)
      if (looks > 20_000) Atomics.wait(counts, 0, done);
    const slot = done & (slots - 1);
    const length = heads[3 * slot] as number;
    if (length < 0) break;
    hash.update(bytes.subarray(slot * slotSize, slot * slotSize + length));
    const fd = heads[3 * slot + 1] as number;
    if (fd >= 0) {
      try {
        const changed = hashFile(fd, heads[3 * slot + 2] as number);
        if (changed !== undefined) {
          report({ slot, changed });
          return;
        }
      } catch (err) {
        const { message, code, syscall } = err as NodeJS.ErrnoException; // cloned, an error loses its code
        report({ slot, error: { message, ...(code && { code }), ...(syscall && { syscall }) } });
        return;
      }
    }
    done = (done + 1) | 0;
    Atomics.store(counts, 1, done);
    if (Atomics.load(counts, 2) === 1 && ((done - Atomics.load(counts, 3)) | 0) >= 0) {
      Atomics.store(counts, 2, 0);
      report('room');
    }
  }
  report({ digest: hash.digest() });
}

/** Starts the thread; `undefined` where threads are forbidden (`node --permission`). */
export function startHashThread(shared: Shared): Worker | undefined {
  const text = `(${hashThread})(require('node:crypto'), require('node:fs'), require('node:worker_threads'))`;
  try {
    return new Worker(text, { eval: true, workerData: shared, execArgv: [] });
  } catch {
    return undefined;
  }
}

/**
 * The walk's end of the ring of buffers through which `hashPath` feeds the thread that hashes.
 *
 * @module
 */
import { closeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { createHasher } from '#native';
import type { HashAlgo } from '../hash/hash.ts';
import { changed, LONGER, readExactly, SHORTER } from './file-reader.ts';
import { fileError } from './fs-path.ts';
import {
  DONE,
  FILLED,
  type Report,
  type Shared,
  SLOT_SIZE,
  SLOTS,
  share,
  startHashThread,
  WAITING,
  WANTED,
} from './hash-thread.ts';

/** Below this a thread is not worth its start, about 15 ms. */
const THREAD_FROM = 4 * 1024 * 1024;
/** While the thread has less than this ahead of it, the walk is what holds up, and leaves it the reading. */
const HUNGRY = 1024 * 1024;
/** A larger file is read here in any case: reading it takes less time than hashing what was read. */
const HANDED_OVER_TO = 512 * 1024;
/** Slots filled before the thread is woken: to wake it for every small file would cost more than the file. */
const WORTH_WAKING = 4;

/** A file to hash, open at its beginning. */
export interface LaneFile {
  readonly fd: number;
  readonly size: number;
  readonly disk: string;
}

/**
 * Hashes what is put in, in order: on this thread, and from {@link THREAD_FROM} on in another, where there
 * is a processor for it. Files are read by whichever of the two has less to do.
 */
export class HashLane {
  readonly #shared: Shared;
  /** Hashes here, until there is a thread. */
  readonly #hasher: ReturnType<typeof createHasher>;
  #thread: Worker | undefined;
  #mayStart: boolean;
  /** What the thread said when it ended, or why it could not go on. */
  #ended: { digest: Uint8Array } | { failure: unknown } | undefined;
  #wake: (() => void) | undefined;
  #filled = 0;
  /** Bytes in the slot being filled; undefined between slots. */
  #used: number | undefined;
  #size = 0;
  /** Of each slot: the size up to its end, and the file that the thread reads. */
  readonly #ends: number[] = new Array(SLOTS).fill(0);
  readonly #files: (LaneFile | undefined)[] = new Array(SLOTS).fill(undefined);
  #closed = 0;

  constructor(algo: HashAlgo) {
    this.#hasher = createHasher(algo);
    // BLAKE3 is not in node:crypto, which is all the thread knows.
    this.#mayStart = algo !== 'blake3' && availableParallelism() > 1;
    this.#shared = share(algo);
  }

  /** Bytes put in. */
  get size(): number {
    return this.#size;
  }

  /** Bytes that {@link copy} and {@link read} may take before {@link next}. */
  get room(): number {
    return this.#used === undefined ? 0 : SLOT_SIZE - this.#used;
  }

  /** Puts bytes into the slot; at most `room`. */
  copy(chunk: Uint8Array): void {
    this.#shared.bytes.set(chunk, this.#at());
    this.#used = (this.#used as number) + chunk.length;
    this.#size += chunk.length;
  }

  /** Reads the next `length` bytes of a file into the slot, less than `room`; with `last`, it must end there. */
  read({ fd, disk }: LaneFile, length: number, last: boolean): void {
    const at = this.#at();
    readExactly(fd, this.#shared.bytes.subarray(at, at + length + (last ? 1 : 0)), length, disk);
    this.#used = (this.#used as number) + length;
    this.#size += length;
  }

  /** Leaves a file to the thread, which then closes the slot; `false` where it is better read here. */
  handOver(file: LaneFile): boolean {
    if (this.#thread === undefined || this.#used === undefined) return false;
    if (file.size === 0 || file.size > HANDED_OVER_TO) return false;
    const done = Atomics.load(this.#shared.counts, DONE);
    const ahead = done === this.#filled ? 0 : this.#size - (this.#ends[(done - 1) & (SLOTS - 1)] as number);
    // Every file handed over ends a slot, and the slots must not run out over small files.
    if (ahead > HUNGRY || this.#pending() >= SLOTS / 2) return false;
    this.#files[this.#filled & (SLOTS - 1)] = file;
    this.#size += file.size;
    this.#seal(file);
    return true;
  }

  /** Goes on to the next slot; a promise only where there is none free. */
  next(): Promise<void> | undefined {
    if (this.#used !== undefined) this.#seal();
    if (this.#thread === undefined && this.#mayStart && this.#filled * SLOT_SIZE >= THREAD_FROM)
      this.#start();
    this.#closeDone();
    if (this.#thread === undefined && this.#pending() >= (this.#mayStart ? SLOTS : 1)) this.#hashHere();
    if (this.#pending() < SLOTS) {
      this.#used = 0;
      return undefined;
    }
    return this.#waitForRoom().then(() => {
      this.#used = 0;
    });
  }

  /** @throws what the thread failed with */
  check(): void {
    if (this.#ended !== undefined && 'failure' in this.#ended) throw this.#ended.failure;
  }

  /** The digest of all that was put in. */
  async finish(): Promise<Uint8Array> {
    if (this.#used !== undefined) this.#seal();
    if (this.#thread === undefined) {
      this.#hashHere();
      return this.#hasher.digest();
    }
    while (this.#pending() >= SLOTS) await this.#waitForRoom();
    this.#shared.heads[3 * (this.#filled & (SLOTS - 1))] = -1;
    this.#count();
    Atomics.notify(this.#shared.counts, FILLED);
    while (this.#ended === undefined) await this.#report();
    this.check();
    return (this.#ended as { digest: Uint8Array }).digest;
  }

  /** Ends the thread, then closes the files it may have been reading. */
  async close(): Promise<void> {
    await this.#thread?.terminate();
    for (const file of this.#files) if (file !== undefined) closeSync(file.fd);
  }

  #at(): number {
    return (this.#filled & (SLOTS - 1)) * SLOT_SIZE + (this.#used as number);
  }

  #pending(): number {
    return (this.#filled - Atomics.load(this.#shared.counts, DONE)) | 0;
  }

  #seal(file?: LaneFile): void {
    const slot = this.#filled & (SLOTS - 1);
    const { heads } = this.#shared;
    heads[3 * slot] = this.#used as number;
    heads[3 * slot + 1] = file?.fd ?? -1;
    heads[3 * slot + 2] = file?.size ?? 0;
    this.#ends[slot] = this.#size;
    this.#used = undefined;
    this.#count();
  }

  #count(): void {
    this.#filled = (this.#filled + 1) | 0;
    Atomics.store(this.#shared.counts, FILLED, this.#filled);
    if (this.#thread !== undefined && this.#pending() >= WORTH_WAKING)
      Atomics.notify(this.#shared.counts, FILLED);
  }

  /** Closes the files of the slots that the thread has done. */
  #closeDone(): void {
    const done = Atomics.load(this.#shared.counts, DONE);
    for (; this.#closed !== done; this.#closed = (this.#closed + 1) | 0) {
      const slot = this.#closed & (SLOTS - 1);
      const file = this.#files[slot];
      this.#files[slot] = undefined;
      if (file !== undefined) closeSync(file.fd);
    }
  }

  /** Without a thread: hashes the slots that are filled. */
  #hashHere(): void {
    const { bytes, counts, heads } = this.#shared;
    for (let done = counts[DONE] as number; done !== this.#filled; ) {
      const slot = done & (SLOTS - 1);
      this.#hasher.update(bytes.subarray(slot * SLOT_SIZE, slot * SLOT_SIZE + (heads[3 * slot] as number)));
      done = (done + 1) | 0;
      counts[DONE] = done;
    }
  }

  #start(): void {
    this.#mayStart = false;
    this.#thread = startHashThread(this.#shared);
    this.#thread?.on('message', (report: Report) => this.#hear(report));
    this.#thread?.on('error', (failure) => this.#end({ failure }));
    this.#thread?.on('exit', (code) =>
      this.#end({ failure: new Error(`the thread that hashes ended with code ${code}`) }),
    );
  }

  #hear(report: Report): void {
    if (report === 'room') this.#wake?.();
    else if ('digest' in report) this.#end(report);
    else {
      const { disk } = this.#files[report.slot] as LaneFile;
      if ('changed' in report) {
        this.#end({ failure: changed(disk, report.changed === 'shorter' ? SHORTER : LONGER) });
      } else {
        const err = Object.assign(new Error(report.error.message), report.error);
        this.#end({ failure: fileError(err, 'cannot read', disk) });
      }
    }
  }

  #end(how: { digest: Uint8Array } | { failure: unknown }): void {
    this.#ended ??= how;
    this.#wake?.();
  }

  #report(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Until half of the ring is free: the thread must not run dry while the news comes. */
  async #waitForRoom(): Promise<void> {
    const { counts } = this.#shared;
    while (this.#pending() >= SLOTS) {
      this.check();
      const news = this.#report();
      Atomics.store(counts, WANTED, (this.#filled - SLOTS / 2) | 0);
      Atomics.store(counts, WAITING, 1);
      // The thread may have got there in between, and seen no one waiting.
      if (this.#pending() > SLOTS / 2) await news;
    }
    this.#closeDone(); // before these slots are filled again
  }
}

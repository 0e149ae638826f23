/**
 * The end of `restorePath` of the ring through which small files go to the thread that writes them.
 *
 * @module
 */
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { encodeName } from '../nar/name.ts';
import {
  DONE,
  type ErrorParts,
  FILES,
  FILLED,
  FIX_MODE,
  FIX_TIME,
  HEAD,
  type Report,
  RING,
  type Shared,
  type Stage,
  startRestoreThread,
  WAITING,
  WANTED,
} from './restore-thread.ts';

/** Below this a thread is not worth its start, about 15 ms. */
const THREAD_FROM = 4 * 1024 * 1024;
/** What creating a file takes, in bytes that could be written meanwhile. */
const FILE_COST = 16 * 1024;
/** A larger file is handed over only while the thread has less than {@link HUNGRY} bytes ahead of it. */
const LARGE = 16 * 1024;
const HUNGRY = 256 * 1024;
/** A file larger still is written here: the ring is for many. */
const LARGEST = 1024 * 1024;
/** Files put in before the thread is woken: to wake it for every small file would cost more than the file. */
const WORTH_WAKING = 4;

/** A file to create. */
export interface LaneFile {
  /** Its path in the tree, for the message of an error. */
  readonly path: string;
  readonly disk: string;
  readonly mode: number;
  /** Whether the mode must be set once more after the umask, and the time. */
  readonly fixMode: boolean;
  readonly fixTime: boolean;
  readonly content: Uint8Array;
}

/** The error to report for a file that could not be created or written. */
export type Explain = (stage: Stage, path: string, err: unknown) => unknown;

/** Where from on the thread is used, in bytes written: small trees never pay for it. */
export function threadFrom(): number {
  return availableParallelism() > 1 ? THREAD_FROM : Number.POSITIVE_INFINITY;
}

/** Hands files to a thread, as long as it keeps up: what it does not take is for the caller to write. */
export class RestoreLane {
  readonly #explain: Explain;
  /** Bytes until the thread is started. */
  #before: number;
  #thread: Worker | undefined;
  readonly #counts: Int32Array = new Int32Array(new SharedArrayBuffer(16));
  #heads: Int32Array = new Int32Array(0);
  #bytes: Buffer = Buffer.alloc(0);
  #failure: { reason: unknown } | undefined;
  #wake: (() => void) | undefined;
  /** Files put in. */
  #filled = 0;
  /** Bytes put in, the unused ends of the ring included. */
  #put = 0;
  /** Of each file in the ring: its path, and the count of bytes up to its end. */
  readonly #paths: string[] = [];
  readonly #ends: number[] = [];

  constructor(from: number, explain: Explain) {
    this.#before = from;
    this.#explain = explain;
  }

  /** Files handed over so far, as a mark for {@link reached}. */
  get mark(): number {
    return this.#filled;
  }

  /** Whether all that was handed over before a mark is written. */
  reached(mark: number): boolean {
    return ((Atomics.load(this.#counts, DONE) - mark) | 0) >= 0;
  }

  /**
   * Hands a file over; `false` where it is better written by the caller.
   *
   * @throws what the thread failed with, for an earlier file
   */
  handOver(file: LaneFile): boolean {
    this.check();
    if (this.#thread === undefined && !this.#starts(file)) return false;
    const { content } = file;
    if (content.length > LARGE && (content.length > LARGEST || this.#used() > HUNGRY)) return false;
    // One slot less: the end of the last file done is needed, too.
    if (this.#pending() >= FILES - 1) return false;
    const path = file.disk.isWellFormed() ? file.disk : encodeName(file.disk);
    // UTF-8 has at most three bytes for a unit of UTF-16.
    const most = HEAD + (typeof path === 'string' ? 3 * path.length : path.length) + content.length + HEAD;
    const at = this.#reserve(most);
    if (at === undefined) return false;
    const length = this.#copyPath(path, at + HEAD);
    // Not `set`: into shared memory that copies word by word.
    Buffer.prototype.copy.call(content, this.#bytes, at + HEAD + length);
    const flags = (file.fixMode ? FIX_MODE : 0) | (file.fixTime ? FIX_TIME : 0);
    this.#heads[at / 4] = length;
    this.#heads[at / 4 + 1] = content.length;
    this.#heads[at / 4 + 2] = file.mode;
    this.#heads[at / 4 + 3] = flags;
    this.#put += (HEAD + length + content.length + HEAD - 1) & -HEAD;
    this.#count(file.path);
    return true;
  }

  /** Until all that was handed over is written. */
  async drain(): Promise<void> {
    const counts = this.#counts;
    Atomics.notify(counts, FILLED);
    while (!this.reached(this.#filled)) {
      this.check();
      const news = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      Atomics.store(counts, WANTED, this.#filled);
      Atomics.store(counts, WAITING, 1);
      // The thread may have got there in between, and seen no one waiting.
      if (!this.reached(this.#filled)) await news;
    }
  }

  /** @throws what the thread failed with */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
  }

  /** Ends the thread: from now on it writes nothing. */
  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  #pending(): number {
    return (this.#filled - Atomics.load(this.#counts, DONE)) | 0;
  }

  /** Bytes of the ring that the thread has not done. */
  #used(): number {
    const pending = this.#pending();
    if (pending === 0) return 0;
    return this.#put - (this.#ends[(this.#filled - pending - 1) & (FILES - 1)] ?? 0);
  }

  /** Where in the ring `length` bytes are free in one piece. */
  #reserve(length: number): number | undefined {
    const free = RING - this.#used();
    const at = this.#put % RING;
    if (RING - at >= length) return free >= length ? at : undefined;
    if (free < RING - at + length) return undefined;
    this.#heads[at / 4] = -1;
    this.#put += RING - at;
    return 0;
  }

  #copyPath(path: string | Uint8Array, at: number): number {
    if (typeof path === 'string') return this.#bytes.write(path, at);
    this.#bytes.set(path, at);
    return path.length;
  }

  #count(path: string): void {
    const slot = this.#filled & (FILES - 1);
    this.#paths[slot] = path;
    this.#ends[slot] = this.#put;
    this.#filled = (this.#filled + 1) | 0;
    Atomics.store(this.#counts, FILLED, this.#filled);
    if (this.#pending() >= WORTH_WAKING) Atomics.notify(this.#counts, FILLED);
  }

  /** Whether there is a thread from this file on. */
  #starts({ content }: LaneFile): boolean {
    this.#before -= content.length + FILE_COST;
    if (this.#before > 0) return false;
    const ring = new SharedArrayBuffer(RING);
    const shared: Shared = { counts: this.#counts, ring };
    this.#thread = startRestoreThread(shared);
    if (this.#thread === undefined) {
      this.#before = Number.POSITIVE_INFINITY;
      return false;
    }
    this.#heads = new Int32Array(ring);
    this.#bytes = Buffer.from(ring);
    this.#thread.on('message', (report: Report) => this.#hear(report));
    this.#thread.on('error', (reason) => this.#fail(reason));
    this.#thread.on('exit', (code) =>
      this.#fail(new Error(`the thread that writes files ended with code ${code}`)),
    );
    return true;
  }

  #hear(report: Report): void {
    if (report === 'done') this.#wake?.();
    else {
      const { file, stage, error } = report;
      this.#fail(this.#explain(stage, this.#paths[file & (FILES - 1)] as string, rebuilt(error)));
    }
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#wake?.();
  }
}

function rebuilt({ message, ...parts }: ErrorParts): Error {
  return Object.assign(new Error(message), parts);
}

/**
 * The writer's output: tokens and small bodies gathered into chunks of one size.
 *
 * @module
 */
import { allocate } from '#native';
import type { Token } from './token.ts';
import { padding } from './token.ts';

/** A body chunk at least this long is passed on instead of copied. */
const PASS_THROUGH = 65_536;

/** Collects bytes; what is complete waits in `take()`. */
export class NarOutput {
  readonly #chunkSize: number;
  #buffer: Uint8Array;
  #view: DataView;
  #at = 0;
  #flushed = 0;
  #ready: Uint8Array[] = [];
  /** With `reuse`: buffers of the chunks in `#ready`, of those taken last, and those to be written again. */
  #written: Uint8Array[] = [];
  #lent: Uint8Array[] = [];
  #free: Uint8Array[] = [];
  readonly #reuse: boolean;

  /** @param reuse write into a chunk again once the chunks after it were taken */
  constructor(chunkSize: number, reuse = false) {
    if (!Number.isInteger(chunkSize) || chunkSize < 4096) {
      throw new RangeError(`chunkSize must be an integer of at least 4096, not ${chunkSize}`);
    }
    this.#chunkSize = chunkSize;
    this.#reuse = reuse;
    this.#buffer = allocate(chunkSize);
    this.#view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, chunkSize);
  }

  /** Bytes put in so far: the offset in the NAR. */
  get length(): number {
    return this.#flushed + this.#at;
  }

  /** Whether {@link take} has chunks. */
  get pending(): boolean {
    return this.#ready.length > 0;
  }

  /** The complete chunks; the caller owns them, with `reuse` until the next call. */
  take(): Uint8Array[] {
    const ready = this.#ready;
    this.#ready = [];
    this.#free.push(...this.#lent);
    this.#lent = this.#written;
    this.#written = [];
    return ready;
  }

  token(token: Token): void {
    this.copy(token.bytes);
  }

  /** `str(bytes)`. */
  string(bytes: Uint8Array): void {
    this.uint64(bytes.length);
    this.copy(bytes);
    this.zeros(padding(bytes.length));
  }

  uint64(value: number): void {
    if (this.#chunkSize - this.#at < 8) this.#flush();
    this.#view.setUint32(this.#at, value % 2 ** 32, true);
    this.#view.setUint32(this.#at + 4, Math.floor(value / 2 ** 32), true);
    this.#at += 8;
  }

  /** At most 7 zero bytes. */
  zeros(count: number): void {
    if (this.#chunkSize - this.#at < count) this.#flush();
    this.#buffer.fill(0, this.#at, this.#at + count);
    this.#at += count;
  }

  copy(bytes: Uint8Array): void {
    let rest = bytes;
    for (;;) {
      const room = this.#chunkSize - this.#at;
      if (rest.length <= room) {
        this.#buffer.set(rest, this.#at);
        this.#at += rest.length;
        return;
      }
      this.#buffer.set(rest.subarray(0, room), this.#at);
      this.#at += room;
      this.#flush();
      rest = rest.subarray(room);
    }
  }

  /** Body bytes that the producer will not touch again: large ones are put out as they are. */
  pass(chunk: Uint8Array): void {
    if (chunk.length < PASS_THROUGH) {
      this.copy(chunk);
      return;
    }
    if (this.#at > 0) this.#flush();
    this.#ready.push(chunk);
    this.#flushed += chunk.length;
  }

  /** Puts out what is left. */
  end(): void {
    if (this.#at > 0) this.#flush();
  }

  #flush(): void {
    this.#ready.push(this.#buffer.subarray(0, this.#at));
    this.#flushed += this.#at;
    this.#at = 0;
    if (this.#reuse) this.#written.push(this.#buffer);
    this.#buffer = this.#free.pop() ?? allocate(this.#chunkSize);
    this.#view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, this.#chunkSize);
  }
}

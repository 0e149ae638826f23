/**
 * Contents of a file that is too large to hand out whole.
 *
 * @module
 */
import type { ByteReader } from '../bytes/byte-reader.ts';
import type { NarError } from '../errors.ts';

/** The next `size` bytes of a reader, as views of its chunks; to be read or skipped before anything else. */
export class NarBody implements AsyncIterable<Uint8Array> {
  readonly #reader: ByteReader;
  readonly #truncated: () => NarError;
  #left: number;
  #closed = false;

  constructor(reader: ByteReader, size: number, truncated: () => NarError) {
    this.#reader = reader;
    this.#left = size;
    this.#truncated = truncated;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      this.#checkOpen();
      if (this.#left === 0) return;
      if (this.#reader.available === 0) {
        await this.#reader.fill(1);
        this.#checkOpen();
        if (this.#reader.available === 0) throw this.#truncated();
      }
      const chunk = this.#reader.take(this.#left);
      this.#left -= chunk.length;
      yield chunk;
    }
  }

  /** From now on it cannot be read. */
  close(): void {
    this.#closed = true;
  }

  /** Passes over what was not read, as far as it is at hand. Returns whether more is to come. */
  skip(): boolean {
    this.#left -= this.#reader.skip(this.#left);
    return this.#left > 0;
  }

  #checkOpen(): void {
    if (this.#closed)
      throw new TypeError('the body of a NAR entry was read after the next entry was asked for');
  }
}

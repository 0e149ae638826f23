/**
 * Pull-driven reading of exact byte counts from a chunked source.
 *
 * What lies in the current chunk is had synchronously ({@link ByteReader.tryTake}); only at a
 * chunk's end is there a promise. That is what makes parsing a million small tokens cheap.
 *
 * @module
 */
import { concatBytes } from './bytes.ts';
import type { ByteSource } from './stream.ts';
import { toAsyncIterable } from './stream.ts';

const NOTHING = new Uint8Array(0);

/** Reads a {@link ByteSource} forward, counting. */
export class ByteReader {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = NOTHING;
  #at = 0;
  #offset = 0;
  #ended = false;

  constructor(source: ByteSource) {
    this.#iterator = toAsyncIterable(source)[Symbol.asyncIterator]();
  }

  /** Bytes taken so far. */
  get offset(): number {
    return this.#offset;
  }

  /** The next `length` bytes as a view, if the current chunk has them; otherwise nothing is taken. */
  tryTake(length: number): Uint8Array | undefined {
    const end = this.#at + length;
    if (end > this.#chunk.length) return undefined;
    const view = this.#chunk.subarray(this.#at, end);
    this.#at = end;
    this.#offset += length;
    return view;
  }

  /** The next `length` bytes, or fewer where the source ends. Keep `length` small: they are held together. */
  async take(length: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let missing = length;
    while (missing > 0) {
      const part = await this.read(missing);
      if (part === undefined) break;
      parts.push(part);
      missing -= part.length;
    }
    return concatBytes(parts);
  }

  /** The next 1 to `most` bytes as a view of the current chunk; `undefined` at the end. */
  async read(most: number): Promise<Uint8Array | undefined> {
    if (!(await this.#fill())) return undefined;
    return this.tryTake(Math.min(most, this.#chunk.length - this.#at));
  }

  /** Whether the source has ended; reads ahead at most one chunk to find out. */
  async atEnd(): Promise<boolean> {
    return !(await this.#fill());
  }

  /** Ends the source early. */
  async cancel(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#iterator.return?.();
  }

  /** Makes sure that the current chunk has a byte left; `false` at the end. */
  async #fill(): Promise<boolean> {
    while (this.#at >= this.#chunk.length) {
      if (this.#ended) return false;
      const step = await this.#iterator.next();
      if (step.done) {
        this.#ended = true;
        return false;
      }
      this.#chunk = step.value;
      this.#at = 0;
    }
    return true;
  }
}

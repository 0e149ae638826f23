/**
 * Reading of exact byte counts from a chunked source.
 *
 * What lies in the current chunk is had synchronously; only {@link ByteReader.fill}, at a chunk's
 * end, is a promise. That is what makes parsing a million small tokens cheap.
 *
 * @module
 */
import type { ByteSource } from './stream.ts';
import { toAsyncIterable } from './stream.ts';

const NOTHING = new Uint8Array(0);

/** Reads a {@link ByteSource} forward, counting. */
export class ByteReader {
  readonly #iterator: AsyncIterator<Uint8Array>;
  /** What is at hand begins at `#at` of this. */
  #chunk: Uint8Array = NOTHING;
  #view: DataView = new DataView(NOTHING.buffer);
  #at = 0;
  /** What came together with the end of `#chunk`, when that was joined from several. */
  #rest: Uint8Array = NOTHING;
  /** Where chunks are joined, again and again: new memory costs more than what is copied into it. */
  #joined: Uint8Array = NOTHING;
  /** Offset of `#chunk` in the source. */
  #base = 0;
  #ended = false;
  #filling: Promise<void> | undefined;

  constructor(source: ByteSource) {
    this.#iterator = toAsyncIterable(source)[Symbol.asyncIterator]();
  }

  /** Bytes taken so far. */
  get offset(): number {
    return this.#base + this.#at;
  }

  /** Bytes at hand: no promise is needed for them. */
  get available(): number {
    return this.#chunk.length - this.#at;
  }

  /**
   * Brings `length` bytes to hand, or all there are where the source ends before. Those that lie in
   * one chunk are not copied. Keep `length` small: the bytes are held together.
   */
  async fill(length: number): Promise<void> {
    // A body and its archive read from the same source: whoever comes second waits.
    while (this.#filling !== undefined) await this.#filling.catch(() => undefined);
    if (this.available >= length) return;
    this.#filling = this.#join(length);
    try {
      await this.#filling;
    } finally {
      this.#filling = undefined;
    }
  }

  /** Whether the bytes at hand begin with the first `count` of these little-endian 32-bit numbers. */
  startsWith(numbers: Uint32Array, count: number = numbers.length): boolean {
    const at = this.#at;
    if (this.#chunk.length - at < 4 * count) return false;
    const view = this.#view;
    for (let i = 0; i < count; i++) if (view.getUint32(at + 4 * i, true) !== numbers[i]) return false;
    return true;
  }

  /** Whether the next `length` bytes, which are at hand, are all 0. */
  isZero(length: number): boolean {
    for (let i = 0; i < length; i++) if (this.#chunk[this.#at + i] !== 0) return false;
    return true;
  }

  /** Up to `length` bytes of those at hand as a view, valid until the next {@link fill}; nothing is taken. */
  peek(length: number): Uint8Array {
    return this.#chunk.subarray(this.#at, this.#at + length);
  }

  /** Up to `length` bytes of those at hand as a view, valid until the next {@link fill}. */
  take(length: number): Uint8Array {
    const view = this.peek(length);
    this.#at += view.length;
    return view;
  }

  /** Passes over up to `length` bytes of those at hand. Returns over how many. */
  skip(length: number): number {
    const count = Math.min(length, this.available);
    this.#at += count;
    return count;
  }

  /** Takes a little-endian number of 8 bytes, which are at hand: exact up to 2^53. */
  uint64(): number {
    const at = this.#at;
    this.#at += 8;
    return this.#view.getUint32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
  }

  /** Ends the source early. */
  async cancel(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#iterator.return?.();
  }

  /** The first chunk that has enough is taken as it is; before that, what there is is joined. */
  async #join(length: number): Promise<void> {
    let size = 0;
    let part = this.#chunk.subarray(this.#at);
    let rest = this.#rest;
    while (size > 0 || part.length < length) {
      const missing = length - size;
      if (part.length > missing) rest = part.subarray(missing);
      const end = size + Math.min(part.length, missing);
      // Grown with what came, never to what was asked for: that may be a hostile number.
      if (end > this.#joined.length)
        this.#joined = grown(this.#joined, size, Math.max(end, 2 * this.#joined.length));
      this.#joined.set(part.subarray(0, missing), size);
      size = end;
      if (size === length) break;
      const next = rest.length > 0 ? rest : await this.#pull();
      if (next === undefined) break;
      part = next;
      rest = NOTHING;
    }
    this.#base = this.offset;
    this.#at = 0;
    const { buffer, byteOffset, length: have } = size > 0 ? this.#joined.subarray(0, size) : part;
    // Not the part itself: views of a subclass, such as Node's Buffer, are slow to make.
    this.#chunk = new Uint8Array(buffer, byteOffset, have);
    this.#view = new DataView(buffer, byteOffset, have);
    this.#rest = rest;
  }

  async #pull(): Promise<Uint8Array | undefined> {
    if (this.#ended) return undefined;
    const step = await this.#iterator.next();
    if (!step.done) return step.value;
    this.#ended = true;
    return undefined;
  }
}

function grown(bytes: Uint8Array, used: number, length: number): Uint8Array {
  const out = new Uint8Array(length);
  out.set(bytes.subarray(0, used));
  return out;
}

/**
 * The reader's input: tokens, strings and bodies of a NAR, with errors that say where.
 *
 * Everything is synchronous. Before a method takes bytes, its caller makes sure that they are at hand:
 * `if (input.lacks(n)) yield n;` in a generator whose driver answers with `reader.fill(n)`. What lacks
 * after that lies behind the end of the archive.
 *
 * @module
 */
import type { ByteReader } from '../bytes/byte-reader.ts';
import { NarError } from '../errors.ts';
import { NarBody } from './body.ts';
import type { Token } from './token.ts';
import { padding } from './token.ts';
import { unexpected } from './unexpected.ts';

/** Tells all first words of a choice apart, and no valid choice is followed by fewer bytes. */
export const HEAD = 16;

/** Reads the pieces of a NAR. Every method throws `NarError`. */
export class NarInput {
  readonly #reader: ByteReader;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  /** Bytes taken so far. */
  get offset(): number {
    return this.#reader.offset;
  }

  /** Whether fewer than `length` bytes are at hand. */
  lacks(length: number): boolean {
    return this.#reader.available < length;
  }

  /** Takes exactly this sequence of words. */
  expect(token: Token, path: string): void {
    const { length } = token.bytes;
    if (!this.#reader.startsWith(token.numbers)) {
      throw unexpected(this.#reader.peek(length), [token], this.offset, path);
    }
    this.#reader.skip(length);
  }

  /** Which of several sequences of words comes, told by their first {@link HEAD} bytes; takes nothing. */
  choose<T extends Token>(tokens: readonly T[], path: string): T {
    for (const token of tokens) if (this.#reader.startsWith(token.numbers, HEAD / 4)) return token;
    throw unexpected(this.#reader.peek(HEAD), tokens, this.offset, path);
  }

  /** A number, exact up to 2^53; above, all that matters is that it is above. */
  uint64(path: string): number {
    if (this.lacks(8)) throw this.#truncated(path);
    return this.#reader.uint64();
  }

  /** The length of a string of at most `limit` bytes. */
  length(limit: number, what: string, path: string): number {
    const { offset } = this;
    const length = this.uint64(path);
    if (length <= limit) return length;
    throw new NarError(
      'ERR_NAR_LIMIT',
      `${what} of ${length} bytes at offset ${offset} in '${path}'; the limit is ${limit}`,
      { offset, path },
    );
  }

  /** The bytes of a string whose length was read, padding checked. A view. */
  padded(length: number, path: string): Uint8Array {
    if (this.lacks(length + padding(length))) throw this.#truncated(path);
    const bytes = this.#reader.take(length);
    this.padding(length, path);
    return bytes;
  }

  /** `str()` of at most `limit` bytes. A view. */
  *string(limit: number, what: string, path: string): Generator<number, Uint8Array, undefined> {
    if (this.lacks(8)) yield 8;
    const length = this.length(limit, what, path);
    if (this.lacks(length + padding(length))) yield length + padding(length);
    return this.padded(length, path);
  }

  /** The size of a file's contents. */
  size(path: string): number {
    const { offset } = this;
    const size = this.uint64(path);
    if (size <= Number.MAX_SAFE_INTEGER) return size;
    throw new NarError('ERR_NAR_LIMIT', `'${path}' claims a size above 2^53-1 bytes at offset ${offset}`, {
      offset,
      path,
    });
  }

  /** Contents of a file, whole. A view. */
  bytes(size: number, path: string): Uint8Array {
    if (this.lacks(size)) throw this.#truncated(path);
    return this.#reader.take(size);
  }

  /** Contents of a file, to be read or skipped before anything else. */
  body(size: number, path: string): NarBody {
    return new NarBody(this.#reader, size, () => this.#truncated(path));
  }

  /** Passes over what was not read of a body. */
  *skip(body: NarBody, path: string): Generator<number, void, undefined> {
    while (body.skip()) {
      yield 1;
      if (this.lacks(1)) throw this.#truncated(path);
    }
  }

  /** Takes the padding after `length` bytes. */
  padding(length: number, path: string): void {
    const count = padding(length);
    if (count === 0) return;
    if (this.lacks(count)) throw this.#truncated(path);
    const { offset } = this;
    if (!this.#reader.isZero(count)) {
      throw new NarError('ERR_NAR_SYNTAX', `non-zero padding at offset ${offset} in '${path}'`, {
        offset,
        path,
      });
    }
    this.#reader.skip(count);
  }

  /** The error of a check of what was just read, with the offset. */
  located(cause: unknown): unknown {
    if (!(cause instanceof NarError)) return cause;
    const { code, message, path } = cause;
    const { offset } = this;
    return new NarError(code, `${message} (before offset ${offset})`, {
      ...(path === undefined ? {} : { path }),
      offset,
      cause,
    });
  }

  /** The archive is complete; nothing may follow. */
  end(): void {
    if (this.lacks(1)) return;
    const { offset } = this;
    throw new NarError('ERR_NAR_TRAILING', `bytes after the end of the archive at offset ${offset}`, {
      offset,
    });
  }

  #truncated(path: string): NarError {
    const offset = this.offset + this.#reader.available;
    return new NarError('ERR_NAR_TRUNCATED', `the archive ends at offset ${offset}, inside '${path}'`, {
      offset,
      path,
    });
  }
}

/**
 * The reader's input: tokens, strings and bodies of a NAR, with errors that say where.
 *
 * @module
 */

import type { ByteReader } from '../bytes/byte-reader.ts';
import { toDisplay } from '../bytes/bytes.ts';
import { NarError } from '../errors.ts';
import type { Token } from './token.ts';
import { padding } from './token.ts';

/** No keyword is longer; a longer length field is refused before anything is read. */
const MAX_KEYWORD = 32;

/** Reads the pieces of a NAR. Every method throws `NarError`. */
export class NarInput {
  readonly #reader: ByteReader;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  /** Takes exactly this sequence of words. */
  async expect(token: Token, path: string): Promise<void> {
    const start = this.#reader.offset;
    const { length } = token.bytes;
    const bytes = this.#reader.tryTake(length) ?? (await this.#reader.take(length));
    if (!startsWith(bytes, token.bytes)) throw unexpected(bytes, [token], start, path);
  }

  /** Takes one of several sequences of words, told apart by their first word. */
  async choose<T extends Token>(tokens: readonly T[], path: string): Promise<T> {
    const start = this.#reader.offset;
    // 16 bytes tell all first words apart, and no valid choice is followed by fewer.
    const head = this.#reader.tryTake(16) ?? (await this.#reader.take(16));
    for (const token of tokens) {
      if (!startsWith(head, token.bytes.subarray(0, 16))) continue;
      const length = token.bytes.length - 16;
      const tail = this.#reader.tryTake(length) ?? (await this.#reader.take(length));
      if (startsWith(tail, token.bytes.subarray(16))) return token;
      throw unexpected(join(head, tail), [token], start, path);
    }
    throw unexpected(head, tokens, start, path);
  }

  /** A number, exact up to 2^53; above, all that matters is that it is above. */
  async uint64(path: string): Promise<number> {
    const bytes = await this.bytes(8, path);
    const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
    return view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  }

  /** `str()` of at most `limit` bytes, padding checked. A copy. */
  async string(limit: number, what: string, path: string): Promise<Uint8Array> {
    const offset = this.#reader.offset;
    const length = await this.uint64(path);
    if (length > limit) {
      throw new NarError(
        'ERR_NAR_LIMIT',
        `${what} of ${length} bytes at offset ${offset} in '${path}'; the limit is ${limit}`,
        {
          offset,
          path,
        },
      );
    }
    const bytes = (await this.bytes(length, path)).slice();
    await this.padding(length, path);
    return bytes;
  }

  /** The size of a file's contents. */
  async size(path: string): Promise<number> {
    const offset = this.#reader.offset;
    const size = await this.uint64(path);
    if (size > Number.MAX_SAFE_INTEGER) {
      throw new NarError('ERR_NAR_LIMIT', `'${path}' claims a size above 2^53-1 bytes at offset ${offset}`, {
        offset,
        path,
      });
    }
    return size;
  }

  /** Exactly `length` bytes, as a view where possible. */
  async bytes(length: number, path: string): Promise<Uint8Array> {
    const bytes = this.#reader.tryTake(length) ?? (await this.#reader.take(length));
    if (bytes.length < length) throw this.#truncated(path);
    return bytes;
  }

  /** A body of `size` bytes, to be read or skipped before anything else. */
  body(size: number, path: string): NarBody {
    return new NarBody(this.#reader, size, () => this.#truncated(path));
  }

  /** Takes the padding after `length` bytes. */
  async padding(length: number, path: string): Promise<void> {
    const count = padding(length);
    if (count === 0) return;
    const offset = this.#reader.offset;
    const bytes = await this.bytes(count, path);
    if (bytes.some((byte) => byte !== 0)) {
      throw new NarError('ERR_NAR_SYNTAX', `non-zero padding at offset ${offset} in '${path}'`, {
        offset,
        path,
      });
    }
  }

  /** Runs a check of what was just read; its error gets the offset. */
  located(check: () => void): void {
    try {
      check();
    } catch (cause) {
      const { code, message, path } = cause as NarError;
      const { offset } = this.#reader;
      throw new NarError(code, `${message} (before offset ${offset})`, { path, offset, cause });
    }
  }

  /** The archive is complete; nothing may follow. */
  async end(): Promise<void> {
    if (await this.#reader.atEnd()) return;
    const { offset } = this.#reader;
    throw new NarError('ERR_NAR_TRAILING', `bytes after the end of the archive at offset ${offset}`, {
      offset,
    });
  }

  #truncated(path: string): NarError {
    const { offset } = this.#reader;
    return new NarError('ERR_NAR_TRUNCATED', `the archive ends at offset ${offset}, inside '${path}'`, {
      offset,
      path,
    });
  }
}

/** Contents of a file that is too large to hand out whole. */
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
      if (this.#closed)
        throw new TypeError('the body of a NAR entry was read after the next entry was asked for');
      if (this.#left === 0) return;
      yield await this.#next();
    }
  }

  /** Passes over what was not read; from then on the body is closed. */
  async skip(): Promise<void> {
    while (this.#left > 0) await this.#next();
    this.#closed = true;
  }

  async #next(): Promise<Uint8Array> {
    const chunk = await this.#reader.read(this.#left);
    if (chunk === undefined) throw this.#truncated();
    this.#left -= chunk.length;
    return chunk;
  }
}

function startsWith(bytes: Uint8Array, expected: Uint8Array): boolean {
  if (bytes.length < expected.length) return false;
  for (let i = 0; i < expected.length; i++) if (bytes[i] !== expected[i]) return false;
  return true;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/** Says which word was wrong: the bytes up to there matched one of the expected sequences. */
function unexpected(bytes: Uint8Array, tokens: readonly Token[], start: number, path: string): NarError {
  let at = 0;
  let expected = tokens.map((token) => token.words[0] as string);
  // Only a single sequence can have matched in part; walk to its first word that differs.
  const [token] = tokens;
  if (tokens.length === 1 && token !== undefined) {
    for (const word of token.words) {
      const end = at + 8 + word.length + padding(word.length);
      expected = [word];
      if (!startsWith(bytes.subarray(at), token.bytes.subarray(at, end))) break;
      at = end;
    }
  }
  const offset = start + at;
  const rest = bytes.subarray(at);
  const wanted = expected.map((word) => `'${word}'`).join(' or ');
  const couldBe = tokens.some((candidate) => startsWith(candidate.bytes.subarray(at), rest));
  if (couldBe) {
    return new NarError(
      'ERR_NAR_TRUNCATED',
      `the archive ends at offset ${start + bytes.length}, where ${wanted} is expected in '${path}'`,
      {
        offset: start + bytes.length,
        path,
      },
    );
  }
  return new NarError(
    'ERR_NAR_SYNTAX',
    `expected ${wanted} at offset ${offset} in '${path}', got ${describe(rest)}`,
    {
      offset,
      path,
    },
  );
}

function describe(bytes: Uint8Array): string {
  const length = bytes[0] ?? 0;
  const isWord =
    bytes.length >= 8 && bytes.subarray(1, 8).every((byte) => byte === 0) && length <= MAX_KEYWORD;
  if (!isWord) return 'something that is no keyword';
  const cut = bytes.length < 8 + length ? '...' : ''; // no more was taken than what was expected is long
  return `'${toDisplay(bytes.subarray(8, 8 + length))}${cut}'`;
}

/**
 * Answers from bytes, with bounds: what a daemon claims is not believed before it is read.
 *
 * @module
 */
import type { ByteReader } from '../../bytes/byte-reader.ts';
import { fromUtf8 } from '../../bytes/bytes.ts';
import { NixDaemonError } from '../../errors.ts';
import { padding } from '../../nar/token.ts';

/** Most bytes of a path, a hash, a name, a signature or another value. */
const VALUE_LIMIT = 65_536;
/** Most items of a set: more paths than the largest stores hold. */
const COUNT_LIMIT = 2 ** 24;

/** Reads the pieces of an answer. Every method throws NixDaemonError `ERR_NIX_DAEMON_PROTOCOL`. */
export class WireReader {
  /** For what is no number, string or set: the bytes themselves. */
  readonly bytes: ByteReader;
  /** The request that is being answered, for messages. */
  operation = 'connect';

  constructor(bytes: ByteReader) {
    this.bytes = bytes;
  }

  /** An unsigned number; above 2^53 only roughly. */
  async uint64(what: string): Promise<number> {
    return Number(await this.bigint(what));
  }

  /** A number that must be an exact one for the answer to be of use. */
  async size(what: string): Promise<number> {
    const value = await this.uint64(what);
    if (!Number.isSafeInteger(value)) throw this.bad(`${what} is ${value}, above 2^53-1`);
    return value;
  }

  async bigint(what: string): Promise<bigint> {
    const bytes = await this.#take(8, what);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  }

  async bool(what: string): Promise<boolean> {
    const value = await this.uint64(what);
    if (value > 1) throw this.bad(`${what} is ${value} instead of 0 or 1`);
    return value === 1;
  }

  async string(what: string): Promise<string> {
    const bytes = await this.binary(what, VALUE_LIMIT);
    const text = fromUtf8(bytes);
    if (text === undefined) throw this.bad(`${what} is not UTF-8`);
    return text;
  }

  /** The bytes of a string of at most `limit`. */
  async binary(what: string, limit: number): Promise<Uint8Array> {
    const length = await this.uint64(what);
    if (length > limit) throw this.bad(`${what} claims ${length} bytes; the limit is ${limit}`);
    const bytes = (await this.#take(length, what)).slice();
    const zeros = await this.#take(padding(length), what);
    if (zeros.some((byte) => byte !== 0)) throw this.bad(`${what} has non-zero padding`);
    return bytes;
  }

  async strings(what: string): Promise<string[]> {
    return await this.list(what, () => this.string(what));
  }

  /** A count, and that many items. */
  async list<T>(what: string, item: () => Promise<T>): Promise<T[]> {
    const count = await this.uint64(what);
    if (count > COUNT_LIMIT) throw this.bad(`${what} claims ${count} items; the limit is ${COUNT_LIMIT}`);
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(await item());
    return items;
  }

  bad(why: string): NixDaemonError {
    const { operation, bytes } = this;
    return new NixDaemonError(
      'ERR_NIX_DAEMON_PROTOCOL',
      `Nix daemon, ${operation}: the answer makes no sense before offset ${bytes.offset}: ${why}`,
      { operation, offset: bytes.offset },
    );
  }

  async #take(length: number, what: string): Promise<Uint8Array> {
    if (this.bytes.available < length) await this.bytes.fill(length);
    const bytes = this.bytes.take(length);
    if (bytes.length === length) return bytes;
    const { operation } = this;
    const { offset } = this.bytes;
    throw new NixDaemonError(
      'ERR_NIX_DAEMON_UNAVAILABLE',
      `Nix daemon, ${operation}: it closed the connection where ${what} is expected (offset ${offset})`,
      { operation, offset },
    );
  }
}

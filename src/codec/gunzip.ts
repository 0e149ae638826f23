/**
 * Reads gzip (RFC 1952) through fflate, and checks what fflate leaves unchecked: the CRC-32 and the
 * length in each member's trailer, truncation inside a trailer, and bytes after the last member.
 *
 * @module
 */
import { Gunzip } from 'fflate';
import { badData } from './bad-data.ts';
import { coalesce } from './coalesce.ts';
import { crc32 } from './crc32.ts';

/** Input at a time. Deflate expands at most 1032-fold, so no more than 17 MiB come out at once. */
const PIECE = 16 * 1024;

/** Input kept to find a trailer again: what a member's header (with a file name) may span, and 8. */
const KEPT = 64 * 1024;

/**
 * The header of one more member. Appended to the input, it is recognised exactly where the input
 * ends if, and only if, the input was a whole number of whole members.
 */
const SENTINEL: Uint8Array = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);

/**
 * Decompresses all members of a gzip file.
 *
 * @throws IntegrityError `ERR_COMPRESSED_DATA`
 */
export function gunzip(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return coalesce(inflate(source));
}

async function* inflate(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const members = new MemberReader();
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += PIECE) {
      // A copy by constructor: the `slice` of a Node Buffer would share its memory.
      yield* members.push(new Uint8Array(chunk.subarray(at, at + PIECE)));
    }
  }
  yield* members.end();
}

class MemberReader {
  readonly #ready: Uint8Array[] = [];
  readonly #kept: Uint8Array[] = [];
  #keptFrom = 0;
  #read = 0;
  #crc = 0;
  #length = 0;
  /** Where the last member that was closed and checked ends. */
  #checkedTo = 0;
  readonly #engine: Gunzip;

  constructor() {
    this.#engine = new Gunzip((chunk) => {
      this.#crc = crc32(chunk, this.#crc);
      this.#length = (this.#length + chunk.length) >>> 0;
      if (chunk.length > 0) this.#ready.push(chunk);
    });
    this.#engine.onmember = (start) => this.#checkTrailer(start);
  }

  push(piece: Uint8Array): Uint8Array[] {
    this.#kept.push(piece);
    this.#read += piece.length;
    for (;;) {
      const first = this.#kept[0] as Uint8Array;
      if (this.#read - this.#keptFrom - first.length < KEPT) break;
      this.#kept.shift();
      this.#keptFrom += first.length;
    }
    try {
      this.#engine.push(piece);
    } catch (err) {
      throw badData('gzip', this.#read === piece.length ? 'not gzip, or corrupt' : 'corrupt', err);
    }
    return this.#ready.splice(0);
  }

  end(): Uint8Array[] {
    const total = this.#read;
    if (total === 0) throw badData('gzip', 'truncated: there is none');
    const rest = this.push(SENTINEL);
    if (this.#checkedTo !== total) throw badData('gzip', 'truncated, or followed by other bytes');
    return rest;
  }

  /** Called by fflate when a member starts at `end`: the 8 bytes before it close the last one. */
  #checkTrailer(end: number): void {
    const trailer = new Uint8Array(8);
    let at = this.#keptFrom;
    if (at > end - 8) throw new Error(`a header of more than ${KEPT - 8} bytes`);
    for (const piece of this.#kept) {
      for (let i = Math.max(0, end - 8 - at); i < piece.length && at + i < end; i++) {
        trailer[at + i - (end - 8)] = piece[i] as number;
      }
      at += piece.length;
    }
    const view = new DataView(trailer.buffer);
    if (view.getUint32(0, true) !== this.#crc) throw new Error('wrong CRC-32');
    if (view.getUint32(4, true) !== this.#length) throw new Error('wrong length');
    this.#crc = 0;
    this.#length = 0;
    this.#checkedTo = end;
  }
}

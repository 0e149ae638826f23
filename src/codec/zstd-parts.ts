/**
 * Cuts zstd data at its frames (RFC 8878 section 3.1), without decompressing and without holding
 * more than a header. Private.
 *
 * Ours because no decoder at hand can be trusted with the whole file: Node 22 and 24 stop after, or
 * fail at, the second frame, Node 22 takes truncated input for complete, fzstd reads a short header
 * as garbage. A block's length stands in its header, so a frame's end is known exactly; a decoder
 * that is given one whole frame has nothing left to get wrong.
 *
 * @module
 */
import { badData } from './bad-data.ts';
import {
  headerLength,
  MAX_HEADER,
  parseZstdHeader,
  SKIPPABLE_MAGIC,
  ZSTD_MAGIC,
  type ZstdFrameHeader,
} from './zstd-header.ts';

/** Consecutive bytes of one frame. */
export interface ZstdPart {
  /** Present on a frame's first part, which is its header. */
  readonly header?: ZstdFrameHeader;
  /** Valid until the next part is asked for. */
  readonly bytes: Uint8Array;
  /** Whether the frame is complete with these bytes. */
  readonly end: boolean;
}

/** Most a block may hold (RFC 8878 section 3.1.1.2.4). */
const MAX_BLOCK: number = 128 * 1024;

/** A part ends when its blocks may have this much content: the memory of whoever decodes it. */
const PART_CONTENT: number = 1024 * 1024;

/**
 * The parts of all frames. Skippable frames (seek tables) are skipped.
 *
 * @throws IntegrityError `ERR_COMPRESSED_DATA` for anything that is not a series of whole frames.
 */
export async function* zstdParts(source: AsyncIterable<Uint8Array>): AsyncGenerator<ZstdPart> {
  const cutter = new Cutter();
  for await (const chunk of source) yield* cutter.push(chunk);
  cutter.end();
}

type Expecting = 'frame' | 'skip' | 'blockHeader' | 'block' | 'checksum';

class Cutter {
  #expecting: Expecting = 'frame';
  readonly #head: Uint8Array = new Uint8Array(MAX_HEADER);
  #headLength = 0;
  /** Bytes that remain of what is expected; unused for `frame`. */
  #left = 0;
  #blockHeader = 0;
  #lastBlock = false;
  #checksum = false;
  #any: boolean = false;

  end(): void {
    if (!this.#any) throw badData('zstd', 'truncated: there is none');
    if (this.#expecting !== 'frame' || this.#headLength > 0) {
      throw badData('zstd', 'truncated, or followed by other bytes');
    }
  }

  *push(chunk: Uint8Array): Generator<ZstdPart> {
    let at = 0;
    let start = 0;
    let content = 0;
    while (at < chunk.length) {
      this.#any = true;
      if (this.#expecting === 'frame') {
        const header = this.#readHead(chunk[at++] as number);
        start = at;
        if (header !== undefined) {
          yield { header, bytes: this.#head.slice(0, this.#headLength), end: false };
          this.#headLength = 0;
        }
        continue;
      }
      if (this.#expecting === 'blockHeader') {
        this.#blockHeader |= (chunk[at++] as number) << (8 * (3 - this.#left--));
        if (this.#left === 0) content += this.#startBlock();
      } else {
        const taken = Math.min(this.#left, chunk.length - at);
        at += taken;
        this.#left -= taken;
      }
      if (this.#left > 0) continue;
      if (this.#expecting === 'skip') {
        this.#expecting = 'frame';
        start = at;
        continue;
      }
      const end = this.#advance();
      if (end || (content >= PART_CONTENT && this.#expecting === 'blockHeader')) {
        yield { bytes: chunk.subarray(start, at), end };
        start = at;
        content = 0;
      }
    }
    if (this.#expecting !== 'frame' && this.#expecting !== 'skip' && start < at) {
      yield { bytes: chunk.subarray(start, at), end: false };
    }
  }

  /** Takes one byte of a frame's header; the header, when that was its last. */
  #readHead(byte: number): ZstdFrameHeader | undefined {
    this.#head[this.#headLength++] = byte;
    const length = this.#headLength;
    if (length < 4) return undefined;
    const view = new DataView(this.#head.buffer);
    const magic = view.getUint32(0, true);
    if (magic === ZSTD_MAGIC) {
      if (length < 5 || length < headerLength(this.#head)) return undefined;
      const header = parseZstdHeader(this.#head.subarray(0, length));
      this.#checksum = header.checksum;
      this.#expect('blockHeader', 3);
      return header;
    }
    if ((magic & 0xff_ff_ff_f0) >>> 0 !== SKIPPABLE_MAGIC) {
      throw badData('zstd', 'not zstd, or followed by other bytes');
    }
    if (length === 8) {
      this.#headLength = 0;
      const size = view.getUint32(4, true);
      if (size > 0) this.#expect('skip', size);
    }
    return undefined;
  }

  /** Acts on a block header; the most content the block can have. */
  #startBlock(): number {
    const type = (this.#blockHeader >> 1) & 0b11;
    const size = this.#blockHeader >> 3;
    this.#lastBlock = (this.#blockHeader & 1) === 1;
    if (type === 3 || size > MAX_BLOCK) throw badData('zstd', 'corrupt: no such block');
    // A run is one byte, repeated `size` times.
    this.#expect('block', type === 1 ? 1 : size);
    return type === 2 ? MAX_BLOCK : size;
  }

  /** Goes on to what follows a complete element of a frame; whether the frame is complete. */
  #advance(): boolean {
    if (this.#expecting === 'block' && !this.#lastBlock) {
      this.#expect('blockHeader', 3);
      return false;
    }
    if (this.#expecting === 'block' && this.#checksum) {
      this.#expect('checksum', 4);
      return false;
    }
    this.#expecting = 'frame';
    return true;
  }

  #expect(what: Expecting, bytes: number): void {
    this.#expecting = what;
    this.#left = bytes;
    if (what === 'blockHeader') this.#blockHeader = 0;
  }
}

/**
 * Cuts a body of unknown length into parts, each held in memory as a whole.
 *
 * @module
 */
import type { ByteSource } from '../bytes/stream.ts';
import { readBody } from '../store/put-body.ts';

/** A part of a body. */
export interface Part {
  /** From 1. */
  readonly number: number;
  /** Ours, not the body's: a producer may use its buffer again. */
  readonly bytes: Uint8Array;
  /** No part follows. */
  readonly last: boolean;
  /** Gives the memory back; call it when nothing reads `bytes` any more. */
  release(): void;
}

/** Wraps what reading the body threw, so that it is not taken for a failure of the server. */
export class BodyFailure {
  readonly reason: unknown;
  constructor(reason: unknown) {
    this.reason = reason;
  }
}

/** Options of {@link readParts}. */
export interface ReadPartsOptions {
  /** Size of part `number` in bytes. */
  partSize: (number: number) => number;
  /** The object's key, for messages. */
  key: string;
  /** Length the whole body must have, if known. */
  size: number | undefined;
  signal: AbortSignal;
}

/** What an empty or tiny body of unknown length costs. */
const FIRST_ALLOCATION = 64 * 1024;

/**
 * Yields at least one part; all but the last have their full size, and the last is empty only when the
 * body is. A body that is not read to its end is cancelled.
 *
 * @throws BodyFailure what the body threw, the signal's reason, or, before the last part, an `IntegrityError`
 * (`ERR_SIZE_MISMATCH`) because the body has not `size` bytes
 */
export async function* readParts(body: ByteSource, options: ReadPartsOptions): AsyncGenerator<Part> {
  const { partSize, size } = options;
  const spare: Uint8Array<ArrayBuffer>[] = [];
  let number = 1;
  let limit = partSize(1);
  let buffer = new Uint8Array(Math.min(limit, size ?? FIRST_ALLOCATION));
  let filled = 0;

  const part = (last: boolean): Part => {
    const memory = buffer;
    return { number, bytes: memory.subarray(0, filled), last, release: () => void spare.push(memory) };
  };

  for await (const chunk of guarded(readBody(body, options))) {
    for (let at = 0; at < chunk.length; ) {
      // A full part goes out only now that there is a byte after it: else it is the last.
      if (filled === limit) {
        yield part(false);
        limit = partSize(++number);
        buffer = take(spare, limit);
        filled = 0;
      }
      const piece = chunk.subarray(at, at + limit - filled);
      buffer = grow(buffer, filled, filled + piece.length, limit);
      buffer.set(piece, filled);
      filled += piece.length;
      at += piece.length;
    }
  }
  yield part(true);
}

async function* guarded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (err) {
    throw new BodyFailure(err);
  }
}

/** A released buffer when one is large enough: garbage of this size outruns the collector. */
function take(spare: Uint8Array<ArrayBuffer>[], size: number): Uint8Array<ArrayBuffer> {
  for (let buffer = spare.pop(); buffer !== undefined; buffer = spare.pop()) {
    if (buffer.length >= size) return buffer;
  }
  return new Uint8Array(size);
}

/** `buffer`, or a copy with room for `needed` bytes and twice the room where `limit` lets it. */
function grow(
  buffer: Uint8Array<ArrayBuffer>,
  filled: number,
  needed: number,
  limit: number,
): Uint8Array<ArrayBuffer> {
  if (needed <= buffer.length) return buffer;
  const larger = new Uint8Array(Math.min(limit, Math.max(needed, 2 * buffer.length)));
  larger.set(buffer.subarray(0, filled));
  return larger;
}

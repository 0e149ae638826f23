/**
 * Reads zstd, whoever wrote it: many frames or one, with or without sizes. Private.
 *
 * @module
 */
import { constants, createZstdDecompress, zstdDecompress } from 'node:zlib';
import type { ByteTransform } from '../../bytes/stream.ts';
import { badData } from '../../codec/bad-data.ts';
import { coalesce } from '../../codec/coalesce.ts';
import { zstdParts } from '../../codec/zstd-parts.ts';
import { STREAM_CHUNK, StreamDecoder } from './zlib-stream.ts';

/** Frames that declare at most this much content, in bytes, are decompressed whole, in parallel. */
const WHOLE: number = 16 * 1024 * 1024;

/** Content in flight at a time, in bytes: two frames of current Nix, eight of ours. */
const IN_FLIGHT: number = 32 * 1024 * 1024;

/** A frame being read, and how. */
interface Frame {
  /** Declared content in bytes. */
  readonly size: number | undefined;
  /** Its compressed bytes so far, while it may be decompressed whole. */
  collected: Uint8Array[] | undefined;
  collectedLength: number;
  /** Its decoder, when it is too large for that, or does not say how large it is. */
  decoder: StreamDecoder | undefined;
  /** Content the decoder gave. */
  produced: number;
}

export function zstdContent(parallel: number): ByteTransform {
  return (source) => coalesce(decompress(source));

  async function* decompress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const queue = new Queue(parallel);
    let frame: Frame | undefined;
    try {
      for await (const { header, bytes, end } of zstdParts(source)) {
        if (header !== undefined) frame = openFrame(header.contentSize);
        if (frame === undefined) continue;
        if (collect(frame, bytes)) {
          if (!end) continue;
          queue.push(decompressWhole(frame), frame.size as number);
          while (queue.full) yield* queue.take();
        } else {
          while (!queue.empty) yield* queue.take();
          yield* decompressPart(frame, bytes, end);
        }
        if (end) frame = undefined;
      }
      while (!queue.empty) yield* queue.take();
    } finally {
      frame?.decoder?.destroy();
      await queue.settled();
    }
  }
}

/** Decompressions in flight, in order. */
class Queue {
  readonly #parallel: number;
  readonly #jobs: { readonly content: Promise<Uint8Array>; readonly size: number }[] = [];
  #size = 0;

  constructor(parallel: number) {
    this.#parallel = parallel;
  }

  get empty(): boolean {
    return this.#jobs.length === 0;
  }

  get full(): boolean {
    return this.#jobs.length >= this.#parallel || this.#size >= IN_FLIGHT;
  }

  push(content: Promise<Uint8Array>, size: number): void {
    // Awaited in its turn; till then its failure is not "unhandled".
    content.catch(() => undefined);
    this.#jobs.push({ content, size });
    this.#size += size;
  }

  async *take(): AsyncGenerator<Uint8Array> {
    const job = this.#jobs.shift();
    if (job === undefined) return;
    this.#size -= job.size;
    const content = await job.content;
    if (content.length > 0) yield content;
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#jobs.map((job) => job.content));
  }
}

function openFrame(size: number | undefined): Frame {
  const whole = size !== undefined && size <= WHOLE;
  return { size, collected: whole ? [] : undefined, collectedLength: 0, decoder: undefined, produced: 0 };
}

/** Keeps `bytes` for later; `false` when the frame is not one to be decompressed whole. */
function collect(frame: Frame, bytes: Uint8Array): boolean {
  if (frame.collected === undefined) return false;
  // Blocks may be empty, so a frame can be longer than any honest encoder makes it.
  if (frame.collectedLength + bytes.length > 2 * (frame.size ?? 0) + STREAM_CHUNK) return false;
  frame.collected.push(new Uint8Array(bytes));
  frame.collectedLength += bytes.length;
  return true;
}

/** Room for more than `size`, so that libzstd can finish in one call, and lies come to light. */
function roomFor(size: number): number {
  return size + 64;
}

function decompressWhole(frame: Frame): Promise<Uint8Array> {
  const size = frame.size ?? 0;
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const options = { chunkSize: roomFor(size), maxOutputLength: roomFor(size) };
  zstdDecompress(Buffer.concat(frame.collected ?? []), options, (err, content) => {
    if (err) reject(badData('zstd', 'corrupt', err));
    else if (content.length !== size) reject(wrongSize(size, content.length));
    else resolve(new Uint8Array(content.buffer, content.byteOffset, content.length));
  });
  return promise;
}

async function* decompressPart(frame: Frame, bytes: Uint8Array, end: boolean): AsyncGenerator<Uint8Array> {
  frame.decoder ??= new StreamDecoder(
    'zstd',
    createZstdDecompress({ chunkSize: STREAM_CHUNK, params: { [constants.ZSTD_d_windowLogMax]: 27 } }),
  );
  const pieces = [...(frame.collected ?? []), bytes];
  frame.collected = undefined;
  for (const piece of pieces) yield* counted(frame, frame.decoder.write(piece));
  if (!end) return;
  yield* counted(frame, frame.decoder.end());
  frame.decoder.destroy();
  if (frame.size !== undefined && frame.produced !== frame.size) throw wrongSize(frame.size, frame.produced);
}

async function* counted(frame: Frame, output: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of output) {
    frame.produced += chunk.length;
    yield chunk;
  }
}

function wrongSize(declared: number, actual: number): Error {
  return badData('zstd', `corrupt: a frame of ${declared} bytes has ${actual}`);
}

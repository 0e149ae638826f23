/**
 * zlib's streaming objects as byte transforms. Private.
 *
 * @module
 */
import type { BrotliDecompress, Gunzip, ZstdDecompress } from 'node:zlib';
import type { ByteTransform } from '../../bytes/stream.ts';
import { badData } from '../../codec/bad-data.ts';
import { coalesce } from '../../codec/coalesce.ts';
import { Pump } from './pump.ts';

/** Output buffer of a streaming object: 16 KiB, the default, costs half the speed. In bytes. */
export const STREAM_CHUNK: number = 256 * 1024;

type Compressor = ConstructorParameters<typeof Pump>[0] & ConstructorParameters<typeof Pump>[1];
type Decompressor = Gunzip | BrotliDecompress | ZstdDecompress;

/** A transform that makes one compressor for each source. */
export function compressThrough(create: () => Compressor): ByteTransform {
  return (source) => coalesce(compress(source));

  async function* compress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const engine = create();
    const pump = new Pump(engine, engine);
    try {
      for await (const chunk of source) if (chunk.length > 0) yield* pump.write(chunk);
      yield* pump.end();
    } finally {
      pump.destroy();
    }
  }
}

/** A transform that makes one decompressor for each source and holds it to the whole of it. */
export function decompressThrough(name: string, create: () => Decompressor): ByteTransform {
  return (source) => coalesce(decompress(source));

  async function* decompress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const decoder = new StreamDecoder(name, create());
    try {
      for await (const chunk of source) if (chunk.length > 0) yield* decoder.write(chunk);
      yield* decoder.end();
    } finally {
      decoder.destroy();
    }
  }
}

/** One decompression by a zlib object; its complaints become `ERR_COMPRESSED_DATA`. */
export class StreamDecoder {
  readonly #name: string;
  readonly #engine: Decompressor;
  readonly #pump: Pump;
  #given = 0;

  constructor(name: string, engine: Decompressor) {
    this.#name = name;
    this.#engine = engine;
    this.#pump = new Pump(engine, engine);
  }

  async *write(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
    this.#given += chunk.length;
    yield* this.#guard(this.#pump.write(chunk));
    // zlib ends its output by itself when it meets what does not belong to it.
    if (this.#pump.ended) throw this.#trailing();
  }

  async *end(): AsyncGenerator<Uint8Array> {
    if (this.#given === 0) throw badData(this.#name, 'truncated: there is none');
    yield* this.#guard(this.#pump.end());
    if (this.#engine.bytesWritten !== this.#given) throw this.#trailing();
  }

  destroy(): void {
    this.#pump.destroy();
  }

  #trailing(): Error {
    return badData(this.#name, 'followed by other bytes');
  }

  async *#guard(output: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* output;
    } catch (err) {
      throw badData(this.#name, 'corrupt or truncated', err);
    }
  }
}

/**
 * Computing digests: of bytes, of a stream, and beside a stream.
 *
 * @module
 */
import { createHasher } from '#native';
import type { ByteSource } from '../bytes/stream.ts';
import { toAsyncIterable } from '../bytes/stream.ts';
import type { Hash, HashAlgo } from './hash.ts';

/** A hash and the number of bytes that went into it. */
export interface HashAndSize {
  readonly hash: Hash;
  /** Bytes. */
  readonly size: number;
}

/** The hash of bytes that are at hand. */
export function hashBytes(algo: HashAlgo, bytes: Uint8Array): Hash {
  const hasher = createHasher(algo);
  hasher.update(bytes);
  return { algo, digest: hasher.digest() };
}

/**
 * Hash and length of a stream.
 *
 * @example
 * ```ts
 * import { hashSource, printHash } from 'narkit/hash';
 *
 * const { hash, size } = await hashSource('sha256', new Uint8Array(0));
 * console.log(size, printHash(hash, 'base16')); // 0 sha256:e3b0c442...
 * ```
 */
export async function hashSource(algo: HashAlgo, source: ByteSource): Promise<HashAndSize> {
  const meter = new HashMeter(algo);
  for await (const chunk of toAsyncIterable(source)) meter.update(chunk);
  return meter.finish();
}

/** Counts and hashes what passes: for stages that hash beside their work. */
export class HashMeter {
  readonly #algo: HashAlgo;
  readonly #hasher: ReturnType<typeof createHasher>;
  #size = 0;

  constructor(algo: HashAlgo) {
    this.#algo = algo;
    this.#hasher = createHasher(algo);
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** @throws TypeError for text: a stream of strings would be hashed by some runtimes, and counted wrong. */
  update(chunk: Uint8Array): void {
    if (!(chunk instanceof Uint8Array))
      throw new TypeError('only bytes can be hashed: a chunk is no Uint8Array');
    this.#size += chunk.length;
    this.#hasher.update(chunk);
  }

  /** Ends it; call once. */
  finish(): HashAndSize {
    return { hash: { algo: this.#algo, digest: this.#hasher.digest() }, size: this.#size };
  }
}

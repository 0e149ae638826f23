/**
 * The hash of content that names its own path: taken "modulo" the hash part, which cannot be known
 * before the hash is (store-path.md section 5).
 *
 * @module
 */
import { concatBytes, utf8 } from '../bytes/bytes.ts';
import type { ByteSource } from '../bytes/stream.ts';
import { toAsyncIterable } from '../bytes/stream.ts';
import type { Hash, HashAlgo } from '../hash/hash.ts';
import { HashMeter } from '../hash/hash-source.ts';
import { checkOptions } from '../options.ts';
import { isHashPart } from './store-path.ts';

/** Options of {@link hashModulo}. */
export interface HashModuloOptions {
  /**
   * Whether the offsets of the occurrences are hashed after the content. `false` gives what Nix
   * 2.17 to 2.34 computed, which left them out by accident.
   * @default true
   */
  positions?: boolean;
}

/** Characters of a hash part. */
const LENGTH = 32;
const ZEROS = new Uint8Array(LENGTH);

/**
 * Hashes a stream, usually a NAR, in which every occurrence of `hashPart` counts as 32 zero bytes,
 * and after it the text `|<offset>` of each. Where there is no occurrence it is the plain hash.
 *
 * Eight bytes of memory go to every occurrence, and nothing else grows with the content.
 *
 * @throws RangeError when `hashPart` is not the hash part of a store path.
 *
 * @example
 * ```ts
 * import { hashBytes, printHash } from 'narkit/hash';
 * import { hashModulo } from 'narkit/store-path';
 *
 * const encoder = new TextEncoder();
 * const part = '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm';
 * const hash = await hashModulo('sha256', encoder.encode(`I am ${part}!`), part);
 * const same = hashBytes('sha256', encoder.encode(`I am ${'\0'.repeat(32)}!|5`));
 * console.log(printHash(hash, 'nix32') === printHash(same, 'nix32')); // true
 * ```
 */
export async function hashModulo(
  algo: HashAlgo,
  source: ByteSource,
  hashPart: string,
  options: HashModuloOptions = {},
): Promise<Hash> {
  checkOptions('hashModulo', options, ['positions']);
  const meter = new ModuloMeter(algo, hashPart, options);
  for await (const chunk of toAsyncIterable(source)) meter.update(chunk);
  return meter.finish();
}

/** {@link hashModulo} of what passes: for stages that hash beside their work. */
export class ModuloMeter {
  readonly #meter: HashMeter;
  readonly #part: Uint8Array;
  /** How far a window may move on, by its last byte; 0 for that of the hash part (Horspool). */
  readonly #skips: Uint8Array;
  readonly #positions: number[] | undefined;
  /** At most 31 bytes, which may begin an occurrence. */
  #held = new Uint8Array(0);

  constructor(algo: HashAlgo, hashPart: string, options: HashModuloOptions = {}) {
    if (!isHashPart(hashPart)) throw new RangeError(`'${hashPart}' is not the hash part of a store path`);
    this.#meter = new HashMeter(algo);
    this.#part = utf8(hashPart);
    this.#skips = new Uint8Array(256).fill(LENGTH);
    this.#part.forEach((byte, i) => {
      this.#skips[byte] = LENGTH - 1 - i;
    });
    this.#positions = (options.positions ?? true) ? [] : undefined;
  }

  /** The chunk is neither kept nor changed. */
  update(chunk: Uint8Array): void {
    if (!(chunk instanceof Uint8Array))
      throw new TypeError('only bytes can be hashed: a chunk is no Uint8Array');
    const held = this.#held.length;
    const seam = concatBytes([this.#held, chunk.subarray(0, LENGTH - 1)]);
    // All that is held is decided now, if the seam is whole: an occurrence that begins in it ends there.
    if (chunk.length < LENGTH - 1) this.#scan(seam);
    else this.#scan(chunk.subarray(this.#decide(seam, held)));
  }

  /** Ends it; call once. */
  finish(): Hash {
    this.#meter.update(this.#held);
    for (const position of this.#positions ?? []) this.#meter.update(utf8(`|${position}`));
    return this.#meter.finish().hash;
  }

  /** Hashes the first `held` bytes of the seam; returns how many of those after them went along. */
  #decide(seam: Uint8Array, held: number): number {
    const at = held === 0 ? -1 : this.#indexOf(seam, 0);
    this.#meter.update(seam.subarray(0, at < 0 ? held : at));
    if (at < 0) return 0;
    this.#hit();
    return at + LENGTH - held;
  }

  #scan(bytes: Uint8Array): void {
    let from = 0;
    for (let at = this.#indexOf(bytes, from); at >= 0; at = this.#indexOf(bytes, from)) {
      this.#meter.update(bytes.subarray(from, at));
      this.#hit();
      from = at + LENGTH;
    }
    const end = Math.max(from, bytes.length - LENGTH + 1);
    this.#meter.update(bytes.subarray(from, end));
    // Not slice(): that of a Buffer is no copy.
    this.#held = Uint8Array.from(bytes.subarray(end));
  }

  #hit(): void {
    this.#positions?.push(this.#meter.size);
    this.#meter.update(ZEROS);
  }

  #indexOf(bytes: Uint8Array, from: number): number {
    for (let last = from + LENGTH - 1; last < bytes.length; ) {
      const skip = this.#skips[bytes[last] as number] as number;
      if (skip === 0 && this.#isPart(bytes, last - LENGTH + 1)) return last - LENGTH + 1;
      last += skip || 1;
    }
    return -1;
  }

  #isPart(bytes: Uint8Array, at: number): boolean {
    return this.#part.every((byte, i) => byte === bytes[at + i]);
  }
}

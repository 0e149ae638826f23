/**
 * Which store paths some bytes refer to: Nix finds references by looking for hash parts.
 *
 * @module
 */
import type { ByteSource } from '../bytes/stream.ts';
import { toAsyncIterable } from '../bytes/stream.ts';
import { NIX32_ALPHABET } from '../hash/nix32.ts';
import type { StorePath } from './store-path.ts';
import { hashPart } from './store-path.ts';

/** Characters of a hash part. */
const LENGTH = 32;

/** Value of every nix32 digit by its byte; -1 for the other bytes. */
const DIGITS = Int8Array.from({ length: 256 }, (_, byte) =>
  NIX32_ALPHABET.indexOf(String.fromCharCode(byte)),
);

/** The last four digits of a hash part, as a number below 2^20. */
const SUFFIX_MASK = 0xfffff;

/**
 * Looks for the hash parts of candidates in bytes that come in chunks, cut anywhere. Remembers 31
 * bytes from one chunk to the next, and runs at the speed of memory: of bytes that are no long run
 * of nix32 digits it looks at every 32nd.
 *
 * Bytes are searched as they are, as Nix does: a NAR, not a compressed one.
 *
 * @example
 * ```ts
 * import { parseBaseName, ReferenceScanner } from 'narkit/store-path';
 *
 * const scanner = new ReferenceScanner([
 *   parseBaseName('8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt'),
 *   parseBaseName('066q1npcw1gx13ini06wh80ir4ma4hhz-b.txt'),
 * ]);
 * const encoder = new TextEncoder();
 * scanner.update(encoder.encode('see /nix/store/8hb1zapwkfr1'));
 * scanner.update(encoder.encode('j7zmxj7s7wj2pgci7zjm-a.txt'));
 * console.log(scanner.found()); // [ '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt' ]
 * ```
 */
export class ReferenceScanner {
  /** Those not found yet, by hash part. */
  readonly #wanted = new Map<string, StorePath[]>();
  readonly #found: StorePath[] = [];
  /** A bit for every {@link SUFFIX_MASK suffix} that a wanted hash part has: what most windows fail. */
  readonly #suffixes = new Uint8Array((SUFFIX_MASK + 1) / 8);
  /** The end of what was seen, room for the beginning of what comes. */
  readonly #seam = new Uint8Array(2 * (LENGTH - 1));
  #held = 0;

  constructor(candidates: Iterable<StorePath>) {
    for (const path of new Set(candidates)) {
      const part = hashPart(path);
      const same = this.#wanted.get(part);
      if (same !== undefined) same.push(path);
      else this.#wanted.set(part, [path]);
      const suffix = suffixOf(part);
      this.#suffixes[suffix >> 3] = (this.#suffixes[suffix >> 3] as number) | (1 << (suffix & 7));
    }
  }

  /** Searches the next bytes; they are neither kept nor changed. */
  update(chunk: Uint8Array): void {
    if (!(chunk instanceof Uint8Array))
      throw new TypeError('only bytes can be searched: a chunk is no Uint8Array');
    if (this.#wanted.size === 0) return;
    const head = Math.min(chunk.length, LENGTH - 1);
    this.#seam.set(chunk.subarray(0, head), this.#held);
    const seen = this.#held + head;
    this.#search(this.#seam.subarray(0, seen));
    if (chunk.length < LENGTH - 1) {
      this.#held = Math.min(seen, LENGTH - 1);
      this.#seam.copyWithin(0, seen - this.#held, seen);
      return;
    }
    this.#search(chunk);
    this.#held = LENGTH - 1;
    this.#seam.set(chunk.subarray(chunk.length - this.#held));
  }

  /** The candidates met so far, in the order of {@link StorePath}s as texts. */
  found(): StorePath[] {
    return [...this.#found].sort();
  }

  #search(bytes: Uint8Array): void {
    const end = bytes.length - LENGTH;
    // Bytes of the window that are known to be digits, from its beginning.
    let known = 0;
    for (let at = 0; at <= end; ) {
      let last = at + LENGTH - 1;
      const border = at + known;
      while (last >= border && (DIGITS[bytes[last] as number] as number) >= 0) last--;
      if (last >= border) {
        // No hash part contains that byte. What follows it was looked at, and is all digits.
        known = at + LENGTH - 1 - last;
        at = last + 1;
        continue;
      }
      at = this.#follow(bytes, at);
      known = 0;
    }
  }

  /** Looks at every window of the run of digits that begins at `at`; returns where to go on. */
  #follow(bytes: Uint8Array, at: number): number {
    const suffixes = this.#suffixes;
    let suffix = 0;
    for (let i = at + LENGTH - 4; i < at + LENGTH; i++)
      suffix = (suffix << 5) | (DIGITS[bytes[i] as number] as number);
    for (let next = at + LENGTH; ; next++) {
      if (((suffixes[suffix >> 3] as number) & (1 << (suffix & 7))) !== 0)
        this.#take(String.fromCharCode(...bytes.subarray(next - LENGTH, next)));
      if (next === bytes.length) return next;
      const digit = DIGITS[bytes[next] as number] as number;
      if (digit < 0) return next + 1;
      suffix = ((suffix << 5) | digit) & SUFFIX_MASK;
    }
  }

  #take(part: string): void {
    const paths = this.#wanted.get(part);
    if (paths === undefined) return;
    this.#found.push(...paths);
    this.#wanted.delete(part);
  }
}

/**
 * The candidates that a stream refers to, sorted.
 *
 * @example
 * ```ts
 * import { findReferences, parseBaseName } from 'narkit/store-path';
 *
 * const text = new TextEncoder().encode('ref: /nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt\n');
 * const candidates = [
 *   parseBaseName('8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt'),
 *   parseBaseName('066q1npcw1gx13ini06wh80ir4ma4hhz-b.txt'),
 * ];
 * console.log(await findReferences(text, candidates)); // [ '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt' ]
 * ```
 */
export async function findReferences(
  source: ByteSource,
  candidates: Iterable<StorePath>,
): Promise<StorePath[]> {
  const scanner = new ReferenceScanner(candidates);
  for await (const chunk of toAsyncIterable(source)) scanner.update(chunk);
  return scanner.found();
}

function suffixOf(part: string): number {
  let suffix = 0;
  for (let i = LENGTH - 4; i < LENGTH; i++) suffix = (suffix << 5) | (DIGITS[part.charCodeAt(i)] as number);
  return suffix;
}

/**
 * Requests as bytes: the daemon protocol's numbers, strings and sets.
 *
 * @module
 */
import { concatBytes, utf8 } from '../../bytes/bytes.ts';
import { NarOutput } from '../../nar/output.ts';

/** Gathers one request; its strings are written as those of a NAR are. */
export class WireWriter {
  readonly #out = new NarOutput(4096);

  uint64(value: number): void {
    this.#out.uint64(value);
  }

  bool(value: boolean): void {
    this.#out.uint64(value ? 1 : 0);
  }

  string(value: string): void {
    this.#out.string(utf8(value));
  }

  /** A list or a set; readers do not care for the order. */
  strings(values: readonly string[]): void {
    this.#out.uint64(values.length);
    for (const value of values) this.string(value);
  }

  /** All that was written, once. */
  finish(): Uint8Array {
    this.#out.end();
    return concatBytes(this.#out.take());
  }
}

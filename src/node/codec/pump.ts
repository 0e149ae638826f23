/**
 * Drives a Node stream pair (a zlib object, a child's pipes) from a generator. Private.
 *
 * `pipeline` and `Readable.from` would do it too, at the price of what a codec must keep: they read
 * the source ahead of the consumer, so that stopping waits for a pending read; they wrap errors, and
 * they hide how much of the input was used. Here the source is asked for the next chunk only when
 * the last one is taken in, and everything happens inside the consumer's own `next()`.
 *
 * @module
 */
import type { Readable, Writable } from 'node:stream';

/** Writes to one end, yields what comes out of the other. */
export class Pump {
  readonly #input: Writable;
  readonly #output: Readable;
  readonly #ready: Uint8Array[] = [];
  #wake: () => void = () => undefined;
  #failure: { readonly error: unknown } | undefined;
  #ended: boolean = false;

  constructor(input: Writable, output: Readable) {
    this.#input = input;
    this.#output = output;
    output.on('data', (chunk: Buffer) => {
      if (chunk.length > 0) this.#ready.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
      // One chunk at a time: this is the back-pressure.
      output.pause();
      this.#wake();
    });
    output.on('end', () => this.#end());
    output.on('close', () => this.#end());
    output.on('error', (error) => {
      this.#failure ??= { error };
      this.#end();
    });
    // A process that stops reading says why by its exit status, which is not ours to judge.
    if (input !== (output as unknown)) input.on('error', () => undefined);
    output.pause();
  }

  /** Whether no more output will come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Hands over one chunk and yields the output until it is taken in. */
  async *write(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
    let taken = false;
    this.#input.write(chunk, () => {
      taken = true;
      this.#wake();
    });
    yield* this.#drain(() => taken);
  }

  /** Ends the input and yields all output that is left. */
  async *end(): AsyncGenerator<Uint8Array> {
    this.#input.end();
    yield* this.#drain(() => false);
  }

  /** Frees both ends, whatever their state. */
  destroy(): void {
    this.#input.destroy();
    this.#output.destroy();
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *#drain(satisfied: () => boolean): AsyncGenerator<Uint8Array> {
    for (;;) {
      for (let chunk = this.#ready.shift(); chunk !== undefined; chunk = this.#ready.shift()) yield chunk;
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#ended || satisfied()) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      this.#output.resume();
      await promise;
    }
  }
}

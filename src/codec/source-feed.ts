/**
 * A source as the `ReadableStream` that some decoders want, without losing what streams lose: the
 * identity of the source's error, how much was read, and the source's `return()`. Private.
 *
 * @module
 */

/** Feeds one source to one consumer of a stream. */
export class SourceFeed {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #iterator: AsyncIterator<Uint8Array>;
  #failure: { readonly error: unknown } | undefined;
  #done: boolean = false;
  #length = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.stream = new ReadableStream<Uint8Array>(
      { pull: (controller) => this.#pull(controller) },
      { highWaterMark: 0 },
    );
  }

  /** Bytes handed over so far. */
  get length(): number {
    return this.#length;
  }

  /** The source's own error if it failed, else `otherwise`. */
  errorOr(otherwise: unknown): unknown {
    return this.#failure === undefined ? otherwise : this.#failure.error;
  }

  /** Ends the source, unless it has ended itself. */
  async close(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    await this.#iterator.return?.();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      for (;;) {
        const step = this.#done ? undefined : await this.#iterator.next();
        if (step === undefined || step.done === true) {
          this.#done = true;
          controller.close();
          return;
        }
        if (step.value.length === 0) continue;
        this.#length += step.value.length;
        controller.enqueue(step.value);
        return;
      }
    } catch (error) {
      this.#done = true;
      this.#failure = { error };
      throw error;
    }
  }
}

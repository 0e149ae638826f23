/**
 * A generator that says how many bytes it needs, driven to an async iteration.
 *
 * `for await` over an async generator costs several promises an entry; here an entry whose bytes are at
 * hand costs the one that the protocol asks for.
 *
 * @module
 */
import type { ByteReader } from '../bytes/byte-reader.ts';

/** Gives values; a number is a request for as many bytes at hand (see `ByteReader.fill`). */
export type Steps<T, R = void> = Generator<T | number, R, undefined>;

/** What {@link iterateSteps} drives. */
export interface Stepped<T> {
  readonly reader: ByteReader;
  readonly steps: Steps<T>;
  /** Called when the iteration is over, however it ended. */
  close(): Promise<void>;
}

/** Runs steps that give nothing but their result. */
export async function runSteps<R>(reader: ByteReader, steps: Generator<number, R, undefined>): Promise<R> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await reader.fill(step.value);
  }
}

const ASYNC_ITERATOR: object = Object.getPrototypeOf(
  Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})())),
);

type Result<T> = IteratorResult<T, void>;

/**
 * The values of steps, as an async generator in all that can be seen of it: calls queue up, errors and
 * `return` end it.
 *
 * @param open called when the first value is asked for
 */
export function iterateSteps<T extends object>(open: () => Stepped<T>): AsyncGenerator<T, void, undefined> {
  // How much of the interface is the prototype's part depends on the runtime.
  return new SteppedIterator(open) as object as AsyncGenerator<T, void, undefined>;
}

class SteppedIterator<T extends object> {
  static {
    // What the language gives to all async iterators: `for await`, and `await using` where there is one.
    Object.setPrototypeOf(SteppedIterator.prototype, ASYNC_ITERATOR);
  }

  readonly #open: () => Stepped<T>;
  #stepped: Stepped<T> | undefined;
  #over = false;
  /** The call that is under way, or the last of those that wait for it. */
  #last: Promise<Result<T>> | undefined;

  constructor(open: () => Stepped<T>) {
    this.#open = open;
  }

  next(): Promise<Result<T>> {
    return this.#enqueue(() => this.#advance());
  }

  return(): Promise<Result<T>> {
    return this.#enqueue(() => this.#finish());
  }

  throw(reason: unknown): Promise<Result<T>> {
    return this.#enqueue(() => this.#fail(reason));
  }

  #enqueue(call: () => Result<T> | Promise<Result<T>>): Promise<Result<T>> {
    const result = this.#last === undefined ? call() : this.#last.then(call, call);
    // What was at hand is no call that others have to wait for.
    if (!(result instanceof Promise)) return Promise.resolve(result);
    this.#last = result;
    const clear = (): void => {
      if (this.#last === result) this.#last = undefined;
    };
    result.then(clear, clear);
    return result;
  }

  #advance(): Result<T> | Promise<Result<T>> {
    if (this.#over) return { done: true, value: undefined };
    try {
      this.#stepped ??= this.#open();
      const step = this.#stepped.steps.next();
      if (isValue(step)) return step;
      return this.#continue(this.#stepped, step);
    } catch (reason) {
      return this.#fail(reason);
    }
  }

  async #continue(
    { reader, steps }: Stepped<T>,
    first: IteratorResult<T | number, void>,
  ): Promise<Result<T>> {
    try {
      for (let step = first; !step.done; step = steps.next()) {
        if (isValue(step)) return step;
        await reader.fill(step.value as number);
      }
    } catch (reason) {
      return await this.#fail(reason);
    }
    return await this.#finish();
  }

  async #finish(): Promise<Result<T>> {
    this.#over = true;
    this.#stepped?.steps.return();
    await this.#stepped?.close();
    return { done: true, value: undefined };
  }

  async #fail(reason: unknown): Promise<never> {
    await this.#finish();
    throw reason;
  }
}

function isValue<T>(step: IteratorResult<T | number, void>): step is IteratorYieldResult<T> {
  return !step.done && typeof step.value !== 'number';
}

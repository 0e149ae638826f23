/**
 * The first names of a directory, in order, without listing it each time.
 *
 * @module
 */
import { scan } from './scan.ts';

/** Names held: a scan of the directory serves as many claims. */
const CAPACITY = 8192;

/** A view of a directory: names that may by now be gone, for other processes take them too. */
export class Window {
  readonly #directory: string;
  readonly #order: (name: string) => string;
  readonly #capacity: number;
  #names: string[] = [];
  /** There were more names than fit. */
  #cut = false;
  #filled: number | undefined;
  #took = 0;
  #offered: string[] | undefined;

  /** @param order What to sort by, of a name. */
  constructor(directory: string, order: (name: string) => string, capacity: number = CAPACITY) {
    this.#directory = directory;
    this.#order = order;
    this.#capacity = capacity;
  }

  /** The first name, if any. */
  get first(): string | undefined {
    return this.#names[0];
  }

  /**
   * Whether what others have put there since may be missing: nothing is held and not all was seen, or
   * the last scan was twenty times as long ago as it took, and a second.
   */
  get stale(): boolean {
    if (this.#filled === undefined) return true;
    if (this.#names.length === 0 && this.#cut) return true;
    return performance.now() - this.#filled > Math.max(1000, 20 * this.#took);
  }

  /** How long to leave it alone after a scan that found nothing, in milliseconds. */
  get pause(): number {
    return 20 * this.#took;
  }

  /** Removes the first name. */
  take(): string | undefined {
    return this.#names.shift();
  }

  /** Adds a name that was just created in the directory. */
  offer(name: string): void {
    this.#offered?.push(name);
    if (this.#filled === undefined) return;
    const key = this.#order(name);
    let low = 0;
    let high = this.#names.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#order(this.#names[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    // Behind the last one known: there may be others in between.
    if (low === this.#names.length && this.#cut) return;
    this.#names.splice(low, 0, name);
    if (this.#names.length > this.#capacity) {
      this.#names.pop();
      this.#cut = true;
    }
  }

  /** Looks again. @returns names that are not those of entries. */
  async refill(isName: (name: string) => boolean): Promise<string[]> {
    const began = performance.now();
    const strange: string[] = [];
    this.#offered = [];
    let found: string[] = [];
    let cut = false;
    const trim = (): void => {
      found.sort((a, b) => (this.#order(a) < this.#order(b) ? -1 : 1));
      if (found.length <= this.#capacity) return;
      found.length = this.#capacity;
      cut = true;
    };
    try {
      for await (const batch of scan(this.#directory)) {
        for (const name of batch) {
          if (isName(name)) found.push(name);
          else if (strange.length < 100) strange.push(name);
        }
        if (found.length >= 2 * this.#capacity) trim();
      }
      found = [...new Set([...found, ...this.#offered])];
    } finally {
      this.#offered = undefined;
    }
    trim();
    this.#names = found;
    this.#cut = cut;
    this.#filled = performance.now();
    this.#took = this.#filled - began;
    return strange;
  }
}

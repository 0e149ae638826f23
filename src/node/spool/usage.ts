/**
 * How many entries there are, without counting them: a byte is appended to one file for each that
 * comes and to another for each that goes.
 *
 * @module
 */
import { appendFileSync } from 'node:fs';
import { stat, statfs, truncate } from 'node:fs/promises';
import { NarkitError } from '../../errors.ts';
import { directoryOf, type Layout } from './layout.ts';
import { isGone } from './spool-error.ts';

/** Removals after which the files begin anew. */
const RENEW = 1024 * 1024;

type Direction = 'added' | 'removed';

/** What a spool may hold. */
export interface Limits {
  readonly maxEntries: number;
  /** Bytes of the disk that must stay free. */
  readonly minFreeBytes: number;
}

/** The counter of a spool, which all its processes share. */
export class Usage {
  readonly #root: string;
  readonly #directory: string;

  constructor(layout: Layout) {
    this.#root = layout.root;
    this.#directory = directoryOf(layout, 'count');
  }

  /** @throws NarkitError `ERR_SPOOL_FULL` */
  async check({ maxEntries, minFreeBytes }: Limits): Promise<void> {
    const [added, removed] = await this.#sizes();
    if (added - removed >= maxEntries) {
      const text = `the spool ${this.#root} is full with ${maxEntries} entries: run its consumer, discard what is dead, or raise maxEntries`;
      throw new NarkitError('ERR_SPOOL_FULL', text);
    }
    if (minFreeBytes === 0) return;
    const disk = await statfs(this.#root);
    const free = disk.bavail * disk.bsize;
    if (free >= minFreeBytes) return;
    const text = `the disk of the spool ${this.#root} has ${free} bytes free, less than ${minFreeBytes}: free some space`;
    throw new NarkitError('ERR_SPOOL_FULL', text);
  }

  /** Counts one. */
  note(what: Direction): void {
    try {
      // One byte: three ways through the thread pool would take longer.
      appendFileSync(this.#path(what), '.');
    } catch {
      // Such as on a full disk: the next recovery puts it right.
    }
  }

  /**
   * Puts the count right, for killed processes do not count; only while nothing comes and goes.
   *
   * @param count Counts the entries.
   */
  async correct(count: () => Promise<number>): Promise<void> {
    const [added, removed] = await this.#sizes();
    const real = await count();
    const [addedNow, removedNow] = await this.#sizes();
    if (added !== addedNow || removed !== removedNow) return;
    if (real === added - removed && removed < RENEW) return;
    // In this order nobody sees more than there are.
    await truncate(this.#path('added'), real);
    await truncate(this.#path('removed'), 0);
  }

  async #sizes(): Promise<[number, number]> {
    return [await this.#size('added'), await this.#size('removed')];
  }

  async #size(what: Direction): Promise<number> {
    try {
      return (await stat(this.#path(what))).size;
    } catch (err) {
      if (isGone(err)) return 0;
      throw err;
    }
  }

  #path(what: Direction): string {
    return `${this.#directory}/${what}`;
  }
}

/**
 * `Spool`: a queue in a directory, that survives whatever happens to the processes that use it.
 *
 * @module
 */
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkOptions } from '../../options.ts';
import type { SpoolClaim } from './claim.ts';
import { Consumer } from './consumer.ts';
import { discardDead, redriveDead } from './dead.ts';
import { MAX_ENTRY, writeEntryFile } from './entry-file.ts';
import { printEntry, type SpoolEntry } from './entry-text.ts';
import { Inner } from './inner.ts';
import { openLayout } from './layout.ts';
import { listEntries, type SpoolItem, type SpoolState, type SpoolStats, spoolStats } from './look.ts';
import { ownerName, thisOwner } from './owner.ts';
import { SPOOL_OPTIONS, type SpoolNextOptions, type SpoolOptions, spoolSettings } from './settings.ts';
import { asSpool } from './spool-error.ts';
import { ticketId, ticketSlug } from './ticket.ts';
import { Waiter } from './waiter.ts';

/**
 * A durable queue.
 *
 * What `enqueue` has returned for survives `kill -9` and the loss of power. Every entry is claimed by
 * one process at a time, and again when that one fails to settle it: at least once, then, and never
 * again after `ack` has returned, unless the power fails in the next seconds. A key is in the spool
 * once, whatever its state. Several processes may use a spool at once, also on several machines where
 * the file system they share has hard links and atomic renames.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { Spool } from 'narkit/node';
 *
 * await using spool = await Spool.open(await mkdtemp('spool-'));
 * await spool.enqueue({ key: '/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt', tags: ['ci'] });
 * for (const claim of await spool.next()) {
 *   console.log(claim.key, claim.attempts); // /nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt 1
 *   await claim.ack();
 * }
 * console.log((await spool.stats()).queued); // 0
 * ```
 */
export class Spool {
  /** The directory as an absolute path. */
  readonly directory: string;
  readonly #inner: Inner;
  readonly #consumer: Consumer;
  readonly #waiter: Waiter;
  readonly #settings: Required<Omit<SpoolOptions, 'group'>>;
  #turn: Promise<unknown> = Promise.resolve();
  #temps = 0;
  #closed = false;

  private constructor(inner: Inner, settings: Required<Omit<SpoolOptions, 'group'>>) {
    this.directory = inner.layout.root;
    this.#inner = inner;
    this.#settings = settings;
    this.#consumer = new Consumer(inner, settings.leaseMs);
    this.#waiter = new Waiter([inner.path('queue'), inner.path('new'), inner.path('delayed')]);
  }

  /**
   * Opens the spool in a directory, in a moment however much is in it.
   *
   * @throws MissingError `ERR_MISSING_CONTAINER`; NarkitError `ERR_SPOOL` for a directory that is no
   *   spool, or one of another version, or that this process may not use: the message says what to do.
   */
  static async open(directory: string, options: SpoolOptions = {}): Promise<Spool> {
    checkOptions('Spool.open', options, SPOOL_OPTIONS);
    if (typeof directory !== 'string' || directory === '')
      throw new TypeError('Spool.open: no directory given');
    const settings = spoolSettings(options);
    const path = resolve(directory);
    const owner = await thisOwner();
    const temp = `${ownerName(owner)}~version`;
    const layout = await asSpool('open', path, () =>
      openLayout(path, { create: settings.create, group: options.group, temp }),
    );
    return new Spool(new Inner(layout, owner), settings);
  }

  /**
   * Adds an entry. When this returns, it is on the disk.
   *
   * @returns `present` when there is an entry of that key, waiting, claimed or dead: it gets the tags
   *   that it lacks, and stays as it is otherwise.
   * @throws NarkitError `ERR_SPOOL_FULL` when the spool or the disk has no room; nothing was added.
   */
  async enqueue(entry: SpoolEntry): Promise<'queued' | 'present'> {
    checkOptions('Spool.enqueue', entry, ['key', 'data', 'priority', 'tags', 'at']);
    this.#checkOpen();
    const text = printEntry(entry);
    if (Buffer.byteLength(text) > MAX_ENTRY)
      throw new RangeError(`Spool: an entry has at most ${MAX_ENTRY} bytes`);
    const { key, tags = [], priority = 5 } = entry;
    const due = entry.at?.getTime() ?? Date.now();
    if (Number.isNaN(due)) throw new TypeError('Spool.enqueue: at is no valid date');
    const ticket = { priority, due, attempts: 0, id: ticketId(key), slug: ticketSlug(key) };
    const { usage } = this.#inner;
    return await asSpool('enqueue in', this.directory, async () => {
      if (await this.#inner.addTags(ticket.id, tags)) return 'present';
      await usage.check(this.#settings);
      const path = this.#inner.path('tmp', `${this.#inner.ownerName}~${this.#temps++}`);
      await writeEntryFile(path, text, this.#inner.layout.mode);
      const parsed = { key, data: entry.data, priority, tags, lastError: undefined };
      const outcome = await this.#inner.place(path, parsed, ticket).catch(async (err: unknown) => {
        // Nothing of it shall come back later.
        await this.#inner.forget(path, ticket.id);
        throw err;
      });
      if (outcome === 'present') return 'present';
      await this.#inner.sync(due > Date.now() ? 'delayed' : 'queue');
      usage.note('added');
      this.#waiter.wake();
      return 'queued';
    });
  }

  /** Takes up to `count` entries that are due, the first ones in the order of `ls queue`; maybe none. */
  async claim(count = 1): Promise<SpoolClaim[]> {
    this.#checkOpen();
    if (!Number.isInteger(count) || count < 1) throw new RangeError('Spool: count is a whole number from 1');
    // One after the other, for they share a view of the directory.
    const turn = this.#turn.then(() =>
      asSpool('claim in', this.directory, () => this.#consumer.claim(count)),
    );
    this.#turn = turn.catch(() => undefined);
    return await turn;
  }

  /**
   * Waits for at least one entry and takes up to `count`.
   *
   * @returns none only when the spool was closed.
   */
  async next(count = 1, options: SpoolNextOptions = {}): Promise<SpoolClaim[]> {
    checkOptions('Spool.next', options, ['signal']);
    const { signal } = options;
    this.#waiter.start();
    for (;;) {
      signal?.throwIfAborted();
      if (this.#closed) return [];
      const since = this.#waiter.changes;
      const claims = await this.claim(count);
      if (claims.length > 0) return claims;
      const untilDue = (this.#consumer.nextDue ?? Number.POSITIVE_INFINITY) - Date.now();
      const pause = this.#inner.ready.pause;
      if (pause > 10) await this.#waiter.sleep(this.#waiter.changes, pause, signal);
      await this.#waiter.sleep(since, Math.max(1, Math.min(untilDue, this.#settings.pollMs)), signal);
    }
  }

  /** The entries in a state, in no order. */
  async *list(state: SpoolState): AsyncGenerator<SpoolItem> {
    yield* listEntries(this.#inner, state);
  }

  /** How many there are of each; the names are counted, no file is read. */
  async stats(): Promise<SpoolStats> {
    return await asSpool('look at', this.directory, () => spoolStats(this.#inner));
  }

  /** Queues dead entries again, with no attempts. @param key Of one; all without. @returns how many. */
  async redrive(key?: string): Promise<number> {
    const count = await this.#change((ids) => redriveDead(this.#inner, ids), key);
    this.#waiter.wake();
    return count;
  }

  /** Removes dead entries for good. @param key Of one; all without. @returns how many. */
  async discard(key?: string): Promise<number> {
    return await this.#change((ids) => discardDead(this.#inner, ids), key);
  }

  /**
   * Queues again what dead processes held, completes what they left half done, sets aside what is no
   * entry. The first `claim` does all of this, and every later one the first part of it from time to time.
   *
   * @returns how many entries dead processes held.
   */
  async recover(): Promise<number> {
    this.#checkOpen();
    return await asSpool('recover', this.directory, () => this.#consumer.recover());
  }

  /** Releases the claims that are still held. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiter.close();
    await this.#turn;
    await asSpool('close', this.directory, () => this.#consumer.close());
    await rm(this.#inner.path('owners', this.#inner.ownerName), { force: true });
  }

  /** As {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw new TypeError('Spool: it was closed');
  }

  async #change(
    work: (ids: ReadonlySet<string> | undefined) => Promise<number>,
    key: string | undefined,
  ): Promise<number> {
    this.#checkOpen();
    const ids = key === undefined ? undefined : new Set([ticketId(key)]);
    return await asSpool('change', this.directory, () => work(ids));
  }
}

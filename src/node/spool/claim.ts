/**
 * An entry in the hands of one consumer.
 *
 * @module
 */
import { lstat, rename, unlink } from 'node:fs/promises';
import { NarkitError } from '../../errors.ts';
import { checkOptions } from '../../options.ts';
import { appendLines } from './entry-file.ts';
import { type EntryText, eventLine } from './entry-text.ts';
import type { Inner } from './inner.ts';
import { asSpool, isGone } from './spool-error.ts';
import { type Ticket, ticketName } from './ticket.ts';

/** Options of {@link SpoolClaim.retry}. */
export interface SpoolRetryOptions {
  /** When it may be claimed again. @default at once, behind what waits already */
  at?: Date;
  /** What went wrong, for who looks; control characters become spaces, 1000 characters are kept. */
  error?: string;
}

/**
 * An entry that this process alone holds, until one of the four methods settles it, or the process
 * ends: then it is queued again.
 */
export class SpoolClaim {
  readonly key: string;
  /** What {@link SpoolEntry.data} was. */
  readonly data: unknown;
  readonly priority: number;
  /** Of all that enqueued the key, up to now. */
  readonly tags: readonly string[];
  /** How often it was claimed, this time included; a claim whose process died counts. */
  readonly attempts: number;
  /** What was said when it failed last. */
  readonly lastError: string | undefined;
  readonly #inner: Inner;
  readonly #path: string;
  readonly #ticket: Ticket;
  readonly #settle: () => void;
  #settled = false;

  /** @internal */
  constructor(
    inner: Inner,
    path: string,
    ticket: Ticket,
    entry: EntryText,
    settle: (claim: SpoolClaim) => void,
  ) {
    this.key = entry.key;
    this.data = entry.data;
    this.priority = ticket.priority;
    this.tags = entry.tags;
    this.attempts = ticket.attempts;
    this.lastError = entry.lastError;
    this.#inner = inner;
    this.#path = path;
    this.#ticket = ticket;
    this.#settle = () => settle(this);
  }

  /**
   * It is done: the entry is removed, and its key may be queued anew.
   *
   * @throws NarkitError `ERR_SPOOL_LOST` when the claim is no longer held, as for all four: it was
   *   settled before, or taken for dead and given to another.
   */
  async ack(): Promise<void> {
    await this.#once('remove', async () => {
      await lstat(this.#path);
      // The key first: one that is queued from here on is a new entry, and stays.
      await unlink(this.#inner.path('keys', this.#ticket.id)).catch((err: unknown) => {
        if (!isGone(err)) throw err;
      });
      await unlink(this.#path);
      this.#inner.usage.note('removed');
    });
  }

  /** It failed: it will be claimed again. */
  async retry(options: SpoolRetryOptions = {}): Promise<void> {
    checkOptions('SpoolClaim.retry', options, ['at', 'error']);
    const { at = new Date(), error } = options;
    if (Number.isNaN(at.getTime())) throw new TypeError('SpoolClaim.retry: at is no valid date');
    await this.#once('queue', async () => {
      if (error !== undefined) await this.#say('failed', error);
      await this.#back({ ...this.#ticket, due: at.getTime() });
    });
  }

  /** It will never do: kept in `dead/`, with the reason, until it is redriven or discarded. */
  async dead(reason: string): Promise<void> {
    await this.#once('bury', async () => {
      await this.#say('dead', reason);
      await rename(this.#path, this.#inner.path('dead', ticketName({ ...this.#ticket, due: Date.now() })));
    });
  }

  /** It was not tried: back to where it was, as if it had not been claimed. */
  async release(): Promise<void> {
    const { attempts, due } = this.#ticket;
    // A clock that was set back since must not make it wait.
    const ticket = { ...this.#ticket, attempts: attempts - 1, due: Math.min(due, Date.now()) };
    await this.#once('queue', async () => await this.#back(ticket));
  }

  async #back(ticket: Ticket): Promise<void> {
    if (!(await this.#inner.moveToWaiting(this.#path, ticket))) throw this.#lost();
  }

  async #say(word: 'failed' | 'dead', text: string): Promise<void> {
    // The state is in the name; on a full disk the reason stays away.
    await appendLines(this.#path, [eventLine(word, text)]).catch(() => false);
  }

  async #once(doing: string, work: () => Promise<void>): Promise<void> {
    if (this.#settled) throw this.#lost();
    this.#settled = true;
    try {
      await asSpool(doing, this.#path, work);
    } catch (err) {
      if (err instanceof NarkitError && isGone(err.cause)) throw this.#lost();
      // It is still held: settle it again.
      this.#settled = err instanceof NarkitError && err.code === 'ERR_SPOOL_LOST';
      throw err;
    } finally {
      if (this.#settled) this.#settle();
    }
  }

  #lost(): NarkitError {
    const text = `the claim of '${this.key}' is not held: it was settled before, or taken for dead and given to another`;
    return new NarkitError('ERR_SPOOL_LOST', text);
  }
}

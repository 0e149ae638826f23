/**
 * The worker of one target: takes entries from its queue and sees that they get into its cache, or
 * end among the dead, with the reason.
 */
import { setTimeout } from 'node:timers/promises';
import type { Spool, SpoolClaim } from 'narkit/node';
import type { StoreDir } from 'narkit/store-path';
import { orAbandon } from '../../abandon.ts';
import type { TargetPublisher } from '../../publisher.ts';
import type { Tell } from '../events.ts';
import { Availability, type AvailabilityState } from './availability.ts';
import { backoffMs } from './backoff.ts';
import { companies, isSuspect, messageOf } from './entries.ts';
import { Round, type RoundEnd } from './round.ts';
import { Settler, type SettleSettings } from './settle.ts';

export interface WorkerSettings extends SettleSettings {
  /** Entries that are published together. */
  readonly batch: number;
}

export interface WorkerOptions {
  readonly publisher: TargetPublisher;
  readonly spool: Spool;
  readonly storeDir: StoreDir;
  /** Where the roots of this target are. */
  readonly rootsDir: string;
  readonly settings: WorkerSettings;
  /** Whether an error is about the target, and not about a path. */
  readonly isTargetDown: (error: unknown) => boolean;
  readonly tell: Tell;
  /** @default Math.random */
  readonly random?: () => number;
}

/** How a worker is. */
export interface WorkerState extends AvailabilityState {
  /** When something was published last. */
  readonly lastSuccess: Date | undefined;
  /** Keys of the entries that it is at. */
  readonly inFlight: readonly string[];
}

export class TargetWorker {
  readonly #options: WorkerOptions;
  readonly #name: string;
  readonly #tell: Tell;
  readonly #settler: Settler;
  readonly #availability: Availability;
  readonly #random: () => number;
  /** No new entries. */
  readonly #ending = new AbortController();
  /** Ends what is under way. */
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;
  #round: Round | undefined;
  #lastSuccess: Date | undefined;
  /** Whether the last round left suspects for this one. */
  #suspectsWait = false;
  #keyError: string | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#name = options.publisher.name;
    this.#random = options.random ?? Math.random;
    this.#tell = (event) => {
      if (event.type === 'done') this.#lastSuccess = new Date();
      options.tell(event);
    };
    const { rootsDir, settings } = options;
    this.#availability = new Availability(this.#name, settings, this.#tell, options.random);
    this.#settler = new Settler({
      target: this.#name,
      rootsDir,
      settings,
      tell: this.#tell,
      random: this.#random,
    });
  }

  get state(): WorkerState {
    return {
      ...this.#availability.state,
      lastSuccess: this.#lastSuccess,
      inFlight: this.#round?.keys ?? [],
    };
  }

  /** Works until it is stopped. */
  run(): Promise<void> {
    this.#running ??= this.#loop();
    return this.#running;
  }

  /**
   * Takes no new entries, and gives those under way some time, after which they are aborted and released.
   * May be called again with less time.
   */
  async stop(timeoutMs: number): Promise<void> {
    this.#ending.abort();
    const timer = globalThis.setTimeout(() => this.#abort.abort(), timeoutMs);
    try {
      await this.#running;
    } finally {
      clearTimeout(timer);
    }
  }

  async #loop(): Promise<void> {
    const ending = this.#ending.signal;
    let failures = 0;
    while (!ending.aborted) {
      try {
        if (this.#availability.isDown && !(await this.#answersAgain())) continue;
        const claims = await this.#claim();
        if (claims === undefined) return;
        await this.#work(claims);
        failures = 0;
      } catch (error) {
        if (ending.aborted) return;
        // The queue, most likely: it may be there again in a while.
        this.#tell({ type: 'trouble', target: this.#name, error: messageOf(error) });
        await this.#pause(backoffMs(++failures, this.#options.settings, this.#random));
      }
    }
  }

  /** Waits for entries, unless it is to be seen whether the target is up. @returns `undefined` at the end. */
  async #claim(): Promise<SpoolClaim[] | undefined> {
    const { spool, settings } = this.#options;
    if (this.#availability.isDown) {
      const claims = await spool.claim(settings.batch);
      if (claims.length === 0) this.#availability.up();
      return claims;
    }
    try {
      const claims = await spool.next(settings.batch, { signal: this.#ending.signal });
      return claims.length === 0 ? undefined : claims;
    } catch (error) {
      if (this.#ending.signal.aborted) return undefined;
      throw error;
    }
  }

  async #work(claims: readonly SpoolClaim[]): Promise<void> {
    if (claims.length === 0) return;
    const { settings } = this.#options;
    const spent = claims.filter(({ attempts }) => attempts > settings.maxAttempts);
    for (const claim of spent) await this.#settler.dead(claim, spentReason(claim));
    const groups = this.#choose(claims.filter((claim) => !spent.includes(claim)));
    const chosen = new Set(groups.flat());
    // Held while another is tried, they would count an attempt if that ended this process.
    await this.#settler.release(claims.filter((claim) => !chosen.has(claim) && !spent.includes(claim)));
    if (groups.length === 0) return;
    await this.reloadKeys();
    const end = await this.#runRound([...chosen], groups);
    if (end.type === 'down') this.#availability.down(messageOf(end.error));
    else if (end.type === 'done') this.#availability.up();
  }

  async #runRound(claims: readonly SpoolClaim[], groups: readonly SpoolClaim[][]): Promise<RoundEnd> {
    const { publisher, storeDir, isTargetDown } = this.#options;
    this.#round = new Round(claims, {
      publisher,
      storeDir,
      isTargetDown,
      settler: this.#settler,
      tell: this.#tell,
      random: this.#random,
      signal: this.#abort.signal,
    });
    try {
      return await this.#round.run(groups);
    } finally {
      this.#round = undefined;
    }
  }

  /** One suspect alone and all others together take turns, so that neither waits for long. */
  #choose(claims: readonly SpoolClaim[]): SpoolClaim[][] {
    const groups = companies(claims);
    const suspect = claims.find(isSuspect);
    if (suspect !== undefined && (this.#suspectsWait || groups.length === 0)) {
      this.#suspectsWait = false;
      return [[suspect]];
    }
    this.#suspectsWait = suspect !== undefined;
    return groups;
  }

  /** Has changed key files read; before each round, and when somebody asks for it. */
  async reloadKeys(): Promise<void> {
    try {
      if (await this.#options.publisher.reload())
        this.#tell({ type: 'reload', target: this.#name, error: undefined });
      this.#keyError = undefined;
    } catch (error) {
      // Once, and not for every batch.
      if (messageOf(error) === this.#keyError) return;
      this.#keyError = messageOf(error);
      this.#tell({ type: 'reload', target: this.#name, error: this.#keyError });
    }
  }

  /** Waits until it is time, and asks. */
  async #answersAgain(): Promise<boolean> {
    await this.#pause(this.#availability.pauseMs);
    const signal = this.#ending.signal;
    if (signal.aborted) return false;
    try {
      await orAbandon(this.#options.publisher.probe(signal), signal, 0);
      return true;
    } catch (error) {
      if (!signal.aborted) this.#availability.down(messageOf(error));
      return false;
    }
  }

  async #pause(ms: number): Promise<void> {
    await setTimeout(ms, undefined, { signal: this.#ending.signal }).catch(() => undefined);
  }
}

function spentReason(claim: SpoolClaim): string {
  const last = isSuspect(claim)
    ? 'the process ended while this was being published'
    : (claim.lastError ?? 'no reason was kept');
  return `gave up after ${claim.attempts - 1} attempts: ${last}`;
}

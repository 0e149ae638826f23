/**
 * Taking entries: drops first, then what has become due, then in order.
 *
 * @module
 */
import { lstat, rename } from 'node:fs/promises';
import pMap from 'p-map';
import { isNarkitError } from '../../errors.ts';
import { SpoolClaim } from './claim.ts';
import { redriveDead } from './dead.ts';
import { readEntryFile, setAside } from './entry-file.ts';
import { isComplete } from './entry-text.ts';
import type { Inner } from './inner.ts';
import {
  beat,
  type Found,
  placeFound,
  recoverClaims,
  recoverDelayed,
  recoverKeys,
  recoverOwners,
  recoverTemps,
} from './recover.ts';
import { pathOf, scan } from './scan.ts';
import { isGone } from './spool-error.ts';
import { parseTicket, ticketName } from './ticket.ts';

/** Drops, or delayed entries, that one claim looks after: not to be late with what is ready. */
const STEP = 1000;
/** A drop without `end` may still be being written for this long. */
const UNFINISHED_MS = 5000;
/** Between two looks at what dead owners hold. */
const RECOVER_MS = 5000;

/** The consuming side of a handle. */
export class Consumer {
  readonly #inner: Inner;
  readonly #leaseMs: number;
  readonly #held = new Set<SpoolClaim>();
  #recovered: number | undefined;
  #heart: NodeJS.Timeout | undefined;

  constructor(inner: Inner, leaseMs: number) {
    this.#inner = inner;
    this.#leaseMs = leaseMs;
  }

  /** Everything that {@link recoverClaims} and its like do. @returns entries that were held by the dead. */
  async recover(): Promise<number> {
    const inner = this.#inner;
    this.#recovered = performance.now();
    const recovered = await recoverClaims(inner, this.#leaseMs);
    await recoverTemps(inner);
    await recoverDelayed(inner);
    await recoverOwners(inner, this.#leaseMs);
    await inner.usage.correct(() => recoverKeys(inner));
    return recovered;
  }

  async claim(count: number): Promise<SpoolClaim[]> {
    const { ready, later } = this.#inner;
    if (this.#recovered === undefined) await this.recover();
    else if (performance.now() - this.#recovered > RECOVER_MS) {
      this.#recovered = performance.now();
      await recoverClaims(this.#inner, this.#leaseMs);
    }
    await this.#adoptDrops();
    if (later.stale) await this.#refill('delayed');
    await this.#promote();
    let fresh = false;
    const claims: SpoolClaim[] = [];
    while (claims.length < count) {
      if (ready.stale || (ready.first === undefined && !fresh)) {
        await this.#refill('queue');
        fresh = true;
      }
      const name = ready.take();
      if (name === undefined) break;
      const claim = await this.#take(name);
      if (claim !== undefined) claims.push(claim);
    }
    if (claims.length > 0) await this.#live();
    return claims;
  }

  /** When the next delayed entry is due, in milliseconds since 1970. */
  get nextDue(): number | undefined {
    const first = this.#inner.later.first;
    return first === undefined ? undefined : parseTicket(first)?.due;
  }

  /** Gives back what is still held. */
  async close(): Promise<void> {
    clearInterval(this.#heart);
    for (const claim of this.#held) {
      await claim.release().catch((err: unknown) => {
        // In other hands already: nothing to give back.
        if (!isNarkitError(err, 'ERR_SPOOL_LOST')) throw err;
      });
    }
  }

  /** For other machines; on this one the process itself is looked at. */
  async #live(): Promise<void> {
    if (this.#heart !== undefined) return;
    const pulse = (): void => void beat(this.#inner).catch(() => undefined);
    this.#heart = setInterval(pulse, this.#leaseMs / 3).unref();
    await beat(this.#inner).catch(() => undefined);
  }

  async #take(name: string): Promise<SpoolClaim | undefined> {
    const inner = this.#inner;
    const waiting = parseTicket(name);
    if (waiting === undefined) return undefined;
    const ticket = { ...waiting, attempts: waiting.attempts + 1 };
    const path = inner.path('claims', `${inner.ownerName}~${ticketName(ticket)}`);
    try {
      await rename(inner.path('queue', name), path);
    } catch (err) {
      if (isGone(err)) return undefined;
      throw err;
    }
    try {
      const read = await inner.read(path, name, ticket.id);
      if (read === undefined) return undefined;
      // A second name can only be that of its key.
      if (read.stats.nlink < 2n && !(await inner.holdKey(path, read.entry, ticket.id))) return undefined;
      const claim = new SpoolClaim(inner, path, ticket, read.entry, (settled) => this.#held.delete(settled));
      this.#held.add(claim);
      return claim;
    } catch (err) {
      // Nothing is wrong with the entry.
      await inner.moveToWaiting(path, waiting);
      throw err;
    }
  }

  async #refill(directory: 'queue' | 'delayed'): Promise<void> {
    const inner = this.#inner;
    const window = directory === 'queue' ? inner.ready : inner.later;
    for (const name of await window.refill((name) => parseTicket(name) !== undefined)) {
      await setAside(
        inner.layout,
        pathOf(inner.path(directory), name),
        name,
        'its name is not that of an entry',
      );
    }
  }

  async #promote(): Promise<void> {
    const { later } = this.#inner;
    for (let moved = 0; moved < STEP && (this.nextDue ?? Number.POSITIVE_INFINITY) <= Date.now(); moved++) {
      const name = later.take() as string;
      const ticket = parseTicket(name);
      if (ticket !== undefined) await this.#inner.moveToWaiting(this.#inner.path('delayed', name), ticket);
    }
  }

  async #adoptDrops(): Promise<void> {
    for await (const batch of scan(this.#inner.path('new'))) {
      // At once, for then they share their syncs.
      const found = await pMap(batch.slice(0, STEP), (name) => this.#adopt(name), { concurrency: 16 });
      const again = found.filter((one) => one?.outcome === 'present').map((one) => one?.id as string);
      // What was given up, and now dropped again, somebody wants once more.
      if (again.length > 0) await redriveDead(this.#inner, new Set(again));
      return;
    }
  }

  async #adopt(name: string): Promise<Found | undefined> {
    const path = pathOf(this.#inner.path('new'), name);
    const stats = await lstat(path).catch(() => undefined);
    if (stats === undefined) return undefined;
    if (stats.isFile() && Math.abs(Date.now() - stats.mtimeMs) < UNFINISHED_MS) {
      const file = await readEntryFile(path).catch(() => undefined);
      if (file !== undefined && !isComplete(file.text)) return undefined;
    }
    const found = await placeFound(this.#inner, path, name, stats.mtimeMs);
    if (found?.outcome === 'queued') this.#inner.usage.note('added');
    return found;
  }
}

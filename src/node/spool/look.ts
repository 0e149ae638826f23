/**
 * Looking at a spool without changing it.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { readEntryFile } from './entry-file.ts';
import { parseEntry } from './entry-text.ts';
import type { Inner } from './inner.ts';
import { pathOf, scan } from './scan.ts';
import { parseTicket } from './ticket.ts';

/** Where an entry can be. */
export type SpoolState = 'queued' | 'delayed' | 'claimed' | 'dead' | 'corrupt';

/** An entry as {@link Spool.list} shows it. */
export interface SpoolItem {
  readonly state: SpoolState;
  /** Of the file, in the directory of its state. */
  readonly file: string;
  /** `undefined` for what is no entry: `reason` says why. */
  readonly key: string | undefined;
  readonly data: unknown;
  readonly priority: number | undefined;
  readonly tags: readonly string[];
  readonly attempts: number | undefined;
  /** Since when, or until when, it waits. */
  readonly due: Date | undefined;
  /** Why it failed last, is dead, or was set aside. */
  readonly reason: string | undefined;
}

/** What {@link Spool.stats} counts. */
export interface SpoolStats extends Readonly<Record<SpoolState, number>> {
  /** Files in `new/` that no consumer has looked at yet. */
  readonly dropped: number;
  /** Since when the oldest queued entry waits. */
  readonly oldest: Date | undefined;
}

const DIRECTORY = {
  queued: 'queue',
  delayed: 'delayed',
  claimed: 'claims',
  dead: 'dead',
  corrupt: 'corrupt',
} as const;

/** The entries in a state. What cannot be read is left out: it is gone, or about to be set aside. */
export async function* listEntries(inner: Inner, state: SpoolState): AsyncGenerator<SpoolItem> {
  if (!Object.hasOwn(DIRECTORY, state))
    throw new TypeError(`Spool.list: there is no state '${String(state)}'`);
  const directory = inner.path(DIRECTORY[state]);
  for await (const batch of scan(directory)) {
    for (const file of batch) {
      const item =
        state === 'corrupt' ? await corrupt(directory, file) : await waitingItem(state, directory, file);
      if (item !== undefined) yield item;
    }
  }
}

async function waitingItem(
  state: SpoolState,
  directory: string,
  file: string,
): Promise<SpoolItem | undefined> {
  const ticket = parseTicket(file.slice(file.indexOf('~') + 1));
  if (ticket === undefined) return undefined;
  try {
    const { lastError: reason, ...entry } = parseEntry((await readEntryFile(pathOf(directory, file))).text);
    return { ...entry, state, file, attempts: ticket.attempts, due: new Date(ticket.due), reason };
  } catch {
    return undefined;
  }
}

async function corrupt(directory: string, file: string): Promise<SpoolItem | undefined> {
  if (file.endsWith('.reason')) return undefined;
  const text = await readFile(`${directory}/${file}.reason`, 'utf8').catch(() => undefined);
  const none = { key: undefined, data: undefined, priority: undefined, attempts: undefined, due: undefined };
  return { ...none, state: 'corrupt', file, tags: [], reason: text?.trimEnd() };
}

/** Counts names. */
export async function spoolStats(inner: Inner): Promise<SpoolStats> {
  const count = { queued: 0, delayed: 0, claimed: 0, dead: 0, corrupt: 0 };
  let oldest = Number.POSITIVE_INFINITY;
  for (const state of Object.keys(count) as SpoolState[]) {
    for await (const batch of scan(inner.path(DIRECTORY[state]))) {
      for (const name of batch) {
        if (name.endsWith('.reason') && state === 'corrupt') continue;
        count[state]++;
        if (state === 'queued') oldest = Math.min(oldest, parseTicket(name)?.due ?? oldest);
      }
    }
  }
  let dropped = 0;
  for await (const batch of scan(inner.path('new'))) dropped += batch.length;
  return { ...count, dropped, oldest: Number.isFinite(oldest) ? new Date(oldest) : undefined };
}

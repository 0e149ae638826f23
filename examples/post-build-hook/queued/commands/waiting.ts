/**
 * What still waits in the queues.
 */
import { opendir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpoolItem, SpoolStats } from 'narkit/node';
import { counted } from '../text.ts';
import type { Queue } from './context.ts';

export interface DeadItem {
  readonly target: string;
  readonly key: string;
  readonly reason: string;
}

/** One look at the queues. */
export interface Waiting {
  /** Neither done nor given up. */
  readonly count: number;
  /** Dropped in by a shell, and not taken in yet: their tags are not known. */
  readonly dropped: number;
  /** Where those of any tag are. */
  readonly states: readonly SpoolStats[];
  /** Given up; the first 20 of them. */
  readonly dead: readonly DeadItem[];
}

const MAX_DEAD = 20;

/**
 * Looks at the queues; with a tag, only at entries that have it. An entry moves between the directories
 * of its states, and one look at those may find it in none. Its file in `keys/` stays where it is from
 * before it is queued until it is done.
 */
export async function lookAt(queues: readonly Queue[], tag: string | undefined): Promise<Waiting> {
  let [count, dropped] = [0, 0];
  const states: SpoolStats[] = [];
  const dead: DeadItem[] = [];
  for (const { target, spool } of queues) {
    // In the order in which entries move on, except for the dead: what dies meanwhile is seen next time.
    const stats = await spool.stats();
    states.push(stats);
    dropped += stats.dropped;
    for await (const item of stats.dead > 0 ? spool.list('dead') : []) {
      if (tag !== undefined && !item.tags.includes(tag)) continue;
      count--;
      if (dead.length < MAX_DEAD) dead.push(deadItem(target.name, item));
    }
    for await (const entry of await opendir(join(spool.directory, 'keys')))
      if (tag === undefined || (await hasTag(join(entry.parentPath, entry.name), tag))) count++;
  }
  return { count: Math.max(0, count) + dropped, dropped, states, dead };
}

async function hasTag(file: string, tag: string): Promise<boolean> {
  try {
    return (await readFile(file, 'utf8')).split('\n').includes(`tag ${tag}`);
  } catch (error) {
    // Done in the meantime.
    if ((error as { code?: string }).code === 'ENOENT') return false;
    throw error;
  }
}

function deadItem(target: string, { key, file, reason }: SpoolItem): DeadItem {
  return { target, key: key ?? file, reason: reason ?? 'no reason was written down' };
}

/** For people. */
export function waitingText({ count, dropped, states }: Waiting): string {
  const all = (['queued', 'delayed', 'claimed'] as const).map((state) => ({
    state,
    of: states.reduce((sum, stats) => sum + stats[state], 0),
  }));
  const shown = all.filter(({ of }) => of > 0).map(({ state, of }) => `${of} ${state}`);
  if (dropped > 0) shown.push(`${dropped} not yet taken in`);
  return `still waiting: ${counted(count, 'entry', 'entries')} (in all: ${shown.join(', ') || 'none'})`;
}

/**
 * `upload-queue dead`: what was given up and why; with `--discard` it is removed, and may be collected.
 */
import type { SpoolItem } from 'narkit/node';
import { counted, plain } from '../text.ts';
import { type Context, EXIT, type Exit, type Queue, withQueues } from './context.ts';
import { removeRootOf } from './roots.ts';

export interface DeadOptions {
  readonly discard?: boolean;
  readonly json?: boolean;
  readonly target?: string;
}

interface Item {
  readonly queue: Queue;
  readonly item: SpoolItem;
}

/** @param keys Store paths; none: all. */
export async function dead(context: Context, keys: readonly string[], options: DeadOptions): Promise<Exit> {
  return await withQueues(context, options.target, async (queues) => {
    const wanted = new Set(keys);
    const items: Item[] = [];
    for (const queue of queues) {
      for await (const item of queue.spool.list('dead'))
        if (wanted.size === 0 || wanted.has(item.key ?? '')) items.push({ queue, item });
      // These have no key that could be asked for, and nothing to retry: a person has to look at them.
      if (wanted.size === 0 && options.discard !== true)
        for await (const item of queue.spool.list('corrupt')) items.push({ queue, item });
    }
    items.sort((a, b) => (a.item.file < b.item.file ? -1 : 1));
    if (options.discard === true) await discardAll(queues, items, wanted);
    if (options.json === true) context.out(json(items));
    else for (const { queue, item } of items) context.out(line(queue, item, options.discard === true));
    const found = new Set(items.map(({ item }) => item.key));
    const absent = keys.filter((key) => !found.has(key));
    for (const key of absent) context.err(`not among what was given up: ${plain(key)}`);
    return absent.length > 0 ? EXIT.found : EXIT.ok;
  });
}

/** Roots first: one without an entry is taken for a path that was lost, and queued again. */
async function discardAll(
  queues: readonly Queue[],
  items: readonly Item[],
  wanted: ReadonlySet<string>,
): Promise<void> {
  for (const { queue, item } of items)
    if (item.key !== undefined) await removeRootOf(queue.rootsDir, item.key);
  for (const { spool } of queues) {
    if (wanted.size === 0) await spool.discard();
    else for (const key of wanted) await spool.discard(key);
  }
}

function json(items: readonly Item[]): string {
  const rows = items.map(({ queue, item: { state, file, key, attempts, due, reason, tags } }) => ({
    target: queue.target.name,
    state,
    key: key ?? null,
    file,
    attempts: attempts ?? null,
    at: due?.toISOString() ?? null,
    reason: reason ?? null,
    tags,
  }));
  return `${JSON.stringify(rows, null, 2)}\n`;
}

function line({ target }: Queue, item: SpoolItem, discarded: boolean): string {
  const { key, file, reason, attempts, due } = item;
  const why = plain(reason ?? 'no reason was written down');
  if (key === undefined) return `${target.name}: no entry: corrupt/${plain(file)}: ${why}\n`;
  const when = discarded ? 'discarded' : `${due?.toISOString()}, ${counted(attempts ?? 0, 'attempt')}`;
  return `${target.name}: ${plain(key)} (${when}): ${why}\n`;
}

/**
 * What was given up: its way back, and its end.
 *
 * @module
 */
import { appendLines } from './entry-file.ts';
import { eventLine } from './entry-text.ts';
import type { Inner } from './inner.ts';
import { scan } from './scan.ts';
import { parseTicket, type Ticket } from './ticket.ts';

/** Queues dead entries again, with no attempts. @param ids Of these keys; all without. @returns how many. */
export async function redriveDead(inner: Inner, ids?: ReadonlySet<string>): Promise<number> {
  return await eachDead(inner, ids, async (path, ticket) => {
    await appendLines(path, [eventLine('redriven', '')]).catch(() => false);
    return await inner.moveToWaiting(path, { ...ticket, attempts: 0, due: Date.now() });
  });
}

/** Removes dead entries for good. @param ids Of these keys; all without. @returns how many. */
export async function discardDead(inner: Inner, ids?: ReadonlySet<string>): Promise<number> {
  return await eachDead(inner, ids, async (path, { id }) => {
    await inner.forget(path, id);
    inner.usage.note('removed');
    return true;
  });
}

async function eachDead(
  inner: Inner,
  ids: ReadonlySet<string> | undefined,
  work: (path: string, ticket: Ticket) => Promise<boolean>,
): Promise<number> {
  let count = 0;
  for await (const batch of scan(inner.path('dead'))) {
    for (const name of batch) {
      const ticket = parseTicket(name);
      if (ticket === undefined || (ids !== undefined && !ids.has(ticket.id))) continue;
      if (await work(inner.path('dead', name), ticket)) count++;
    }
  }
  return count;
}

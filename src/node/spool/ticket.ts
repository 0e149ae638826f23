/**
 * The names of the files of a spool: all that decides when an entry is next, so that `ls` shows it
 * and no file has to be read to find it.
 *
 * @module
 */
import { createHash } from 'node:crypto';

/** What the name of an entry says. */
export interface Ticket {
  /** 0 to 9; 0 is first. */
  readonly priority: number;
  /** Since when it waits, or until when, in milliseconds since 1970. */
  readonly due: number;
  /** Claims so far. */
  readonly attempts: number;
  /** Of the key; see {@link ticketId}. */
  readonly id: string;
  /** A readable piece of the key. */
  readonly slug: string;
}

const NAME =
  /^([0-9])-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d\.\d{3})Z-(\d{1,9})-([0-9a-f]{32})-([\w+.=?-]{0,60})$/;

/** Beyond this a year has five digits, and names would no longer sort. */
const LAST = Date.UTC(9999, 11, 31);

/** `priority-due-attempts-id-slug`: bytewise order is the order of claims. */
export function ticketName(ticket: Ticket): string {
  const due = new Date(Math.min(Math.max(ticket.due, 0), LAST)).toISOString().replaceAll(/(?<!Z)[-:]/g, '');
  return `${ticket.priority}-${due}-${ticket.attempts}-${ticket.id}-${ticket.slug}`;
}

/** What a name says; `undefined` for one that {@link ticketName} does not write. */
export function parseTicket(name: string): Ticket | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [, priority, year, month, day, hour, minute, second, attempts, id = '', slug = ''] = match;
  const due = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(due)) return undefined;
  return { priority: Number(priority), due, attempts: Number(attempts), id, slug };
}

/** The same for the same key, so that the file system finds a key that is there: half a SHA-256. */
export function ticketId(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}

/** The last part of a path, or what of a key can stand in a name. */
export function ticketSlug(key: string): string {
  return key
    .slice(key.lastIndexOf('/') + 1)
    .replaceAll(/[^\w+.=?-]/g, '_')
    .slice(0, 60);
}

/**
 * What was left half done by processes that are no more.
 *
 * @module
 */
import { lstatSync } from 'node:fs';
import { lstat, stat, unlink, writeFile } from 'node:fs/promises';
import { setAside } from './entry-file.ts';
import type { Inner } from './inner.ts';
import { isAlive, parseOwner } from './owner.ts';
import { pathOf, scan } from './scan.ts';
import { parseTicket, ticketId, ticketSlug } from './ticket.ts';

/** Files in `tmp/` that are not ours, of a shell for example, are left alone for this long. */
const FOREIGN_TEMP_MS = 60 * 60 * 1000;

/** Says that this process lives, for other machines. @returns the time of the file system. */
export async function beat(inner: Inner): Promise<number> {
  const path = inner.path('owners', inner.ownerName);
  await writeFile(path, `${new Date().toISOString()}\n`, { mode: inner.layout.mode });
  return (await stat(path)).mtimeMs;
}

/** Queues again what dead owners held. @returns how many. */
export async function recoverClaims(inner: Inner, leaseMs: number): Promise<number> {
  const held = new Map<string, boolean>();
  let recovered = 0;
  for await (const batch of scan(inner.path('claims'))) {
    for (const name of batch) {
      const ownerName = ownerPart(name);
      const ticket = parseTicket(ticketPart(name));
      const path = pathOf(inner.path('claims'), name);
      if (ticket === undefined || parseOwner(ownerName) === undefined || typeof path !== 'string') {
        await setAside(inner.layout, path, name, 'its name is not that of a claim');
        continue;
      }
      const alive = held.get(ownerName) ?? (await isHeld(inner, ownerName, path, leaseMs));
      held.set(ownerName, alive);
      if (alive) continue;
      const read = await inner.read(path, ticketPart(name), ticket.id);
      // Behind what waits: it may be what its owner died of.
      const outcome = read && (await inner.place(path, read.entry, { ...ticket, due: Date.now() }));
      if (outcome === 'queued') recovered++;
    }
  }
  return recovered;
}

/** The name of a claimed entry without its owner. */
function ticketPart(name: string): string {
  return name.slice(name.indexOf('~') + 1);
}

async function isHeld(inner: Inner, ownerName: string, path: string, leaseMs: number): Promise<boolean> {
  const owner = parseOwner(ownerName);
  const alive = owner && (await isAlive(owner, inner.owner));
  if (alive !== undefined) return alive;
  // Both times are those of the file system: no two clocks are compared.
  const now = await beat(inner);
  const times = [
    await lstat(path).then(
      ({ ctimeMs }) => ctimeMs,
      () => 0,
    ),
    await stat(inner.path('owners', ownerName)).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    ),
  ];
  return now - Math.max(...times) <= leaseMs;
}

/** Removes temporary files. One whose key is linked already lives on by that: see {@link recoverKeys}. */
export async function recoverTemps(inner: Inner): Promise<void> {
  for await (const batch of scan(inner.path('tmp'))) {
    for (const name of batch) {
      const path = pathOf(inner.path('tmp'), name);
      const stats = await lstat(path).catch(() => undefined);
      if (stats === undefined) continue;
      const owner = parseOwner(ownerPart(name));
      const alive = owner && (await isAlive(owner, inner.owner));
      if (alive === true || (alive === undefined && Math.abs(Date.now() - stats.mtimeMs) < FOREIGN_TEMP_MS))
        continue;
      if (stats.isDirectory()) await setAside(inner.layout, path, name, 'a directory in tmp');
      else await unlink(path).catch(() => undefined);
    }
  }
}

/** The owner, if any, in the name of a claim or a temporary file. */
function ownerPart(name: string): string {
  return name.slice(0, Math.max(name.indexOf('~'), 0));
}

/** What became of an entry that was found, and the id of its key. */
export interface Found {
  readonly outcome: 'queued' | 'present' | 'gone';
  readonly id: string;
}

/** Queues an entry that has no name of its own yet. @returns `undefined` for what is gone or none. */
export async function placeFound(
  inner: Inner,
  path: string | Buffer,
  name: string,
  sinceMs: number,
): Promise<Found | undefined> {
  const read = await inner.read(path, name);
  if (read === undefined) return undefined;
  const { key, priority } = read.entry;
  const id = ticketId(key);
  const due = Math.min(sinceMs, Date.now());
  const ticket = { priority, due, attempts: 0, id, slug: ticketSlug(key) };
  return { outcome: await inner.place(path, read.entry, ticket), id };
}

/** Entries of which only the key is left are queued again. @returns how many entries there are. */
export async function recoverKeys(inner: Inner): Promise<number> {
  let count = 0;
  for await (const batch of scan(inner.path('keys'))) {
    for (const name of batch) {
      const path = pathOf(inner.path('keys'), name);
      if (!/^[0-9a-f]{32}$/.test(name)) {
        await setAside(inner.layout, path, name, 'its name is not that of a key');
        continue;
      }
      // Synchronous: there may be very many, and each is a moment; between batches others run.
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats === undefined) continue;
      count++;
      if (stats.nlink === 1) await requeueKey(inner, name, stats.mtimeMs);
    }
  }
  return count;
}

/** By way of `new/`: from there it goes on whatever happens. */
async function requeueKey(inner: Inner, id: string, sinceMs: number): Promise<void> {
  const read = await inner.read(inner.path('keys', id), id, id);
  if (read === undefined) return;
  const path = inner.path('new', `recovered-${id}`);
  await inner.linkOrKeep(inner.path('keys', id), path);
  await placeFound(inner, path, `recovered-${id}`, sinceMs);
}

/** What was delayed by a clock that has been set back since is not waited for. */
export async function recoverDelayed(inner: Inner): Promise<void> {
  for await (const batch of scan(inner.path('delayed'))) {
    for (const name of batch) {
      const ticket = parseTicket(name);
      if (ticket === undefined || ticket.due <= Date.now()) continue;
      const path = inner.path('delayed', name);
      // The moment at which the delay was set.
      const set = await lstat(path).then(
        ({ ctimeMs }) => ctimeMs,
        () => 0,
      );
      if (set > Date.now() + 1000) await inner.moveToWaiting(path, { ...ticket, due: Date.now() });
    }
  }
}

/** Removes the signs of life of owners that are dead. */
export async function recoverOwners(inner: Inner, leaseMs: number): Promise<void> {
  for await (const batch of scan(inner.path('owners'))) {
    for (const name of batch) {
      if (name === inner.ownerName || parseOwner(name) === undefined) continue;
      const path = inner.path('owners', name);
      if (!(await isHeld(inner, name, path, leaseMs))) await unlink(path).catch(() => undefined);
    }
  }
}

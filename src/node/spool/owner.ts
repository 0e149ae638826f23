/**
 * Who holds a claim, and whether it still runs.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { systemCode } from '../fs-path.ts';

/** A process, and one handle in it. */
export interface Owner {
  readonly host: string;
  /** Of the machine since it booted, and of its process ids: a container has others. */
  readonly machine: string;
  readonly pid: number;
  /** Of the process, in the ticks of `/proc`; 0 where that cannot be known. */
  readonly start: number;
  /** Tells handles in one process apart. */
  readonly handle: string;
}

const NAME = /^([A-Za-z0-9-]{1,40})\.([0-9a-f]{8})\.(\d{1,10})\.(\d{1,16})\.([0-9a-f]{8})$/;

/** `host.machine.pid.start.handle` */
export function ownerName(owner: Owner): string {
  return `${owner.host}.${owner.machine}.${owner.pid}.${owner.start}.${owner.handle}`;
}

/** What a name says; `undefined` for one that {@link ownerName} does not write. */
export function parseOwner(name: string): Owner | undefined {
  const [, host, machine, id, start, handle] = NAME.exec(name) ?? [];
  if (host === undefined || machine === undefined || handle === undefined) return undefined;
  return { host, machine, pid: Number(id), start: Number(start), handle };
}

/** This process, with a new handle. */
export async function thisOwner(): Promise<Owner> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => hostname());
  const space = await readlink('/proc/self/ns/pid').catch(() => '');
  return {
    host:
      hostname()
        .replaceAll(/[^A-Za-z0-9-]/g, '-')
        .slice(0, 40) || 'host',
    machine: fingerprint(`${boot.trim()} ${space}`),
    pid: process.pid,
    start: startIn(await statOf(process.pid)) ?? 0,
    handle: randomBytes(4).toString('hex'),
  };
}

/** 32-bit FNV-1a: only to tell machines apart that share a directory. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) as number), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/**
 * Whether an owner still runs; `undefined` when only its age can tell: on another machine, or where
 * a process id may by now be that of another process.
 */
export async function isAlive(owner: Owner, self: Owner): Promise<boolean | undefined> {
  if (owner.machine !== self.machine) return undefined;
  if (owner.pid === self.pid) return owner.start === self.start;
  const stat = self.start > 0 ? await statOf(owner.pid) : '';
  if (stat !== '') return startIn(stat) === owner.start;
  try {
    process.kill(owner.pid, 0);
  } catch (err) {
    // Those of other users may be hidden (`hidepid`, ProtectProc of systemd), and not be gone.
    return systemCode(err) === 'ESRCH' ? false : undefined;
  }
  // It has ended since, or there is no /proc here.
  return self.start > 0 ? false : undefined;
}

/** What the system says of a process; empty for one that is no more, or hidden. */
async function statOf(id: number): Promise<string> {
  return await readFile(`/proc/${id}/stat`, 'latin1').catch(() => '');
}

/** When a process was started; `undefined` for one that only waits to be reaped. */
function startIn(stat: string): number | undefined {
  // The name of the program, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const start = Number(fields[19]);
  return Number.isSafeInteger(start) && start > 0 && !/[ZX]/.test(fields[0] ?? '') ? start : undefined;
}

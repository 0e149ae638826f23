/**
 * The running Nix daemon, as /proc shows it.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';

export interface DaemonProcess {
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** `undefined` where this user may not see it. */
  readonly env: Readonly<Record<string, string>> | undefined;
}

/** Clock ticks per second of /proc, on every Linux that Nix runs on. */
const TICKS = 100;

/** Where Nix keeps its state, its socket too, unless the environment says otherwise. */
export const STATE_DIR = '/nix/var/nix';

/** The first one of this store: connections are served by its children, which have its settings. */
export async function findDaemon(proc: string, stateDir: string): Promise<DaemonProcess | undefined> {
  const boot = /^btime (\d+)$/m.exec(await text(`${proc}/stat`))?.[1];
  if (boot === undefined) return undefined;
  let first: (Omit<DaemonProcess, 'startedAt'> & { ticks: number }) | undefined;
  for (const name of await readdir(proc)) {
    if (!/^\d+$/.test(name)) continue;
    if (!isDaemon(words(await text(`${proc}/${name}/cmdline`)))) continue;
    // The name, in parentheses, may have spaces and parentheses in it.
    const stat = await text(`${proc}/${name}/stat`);
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    if (!Number.isFinite(ticks) || (first !== undefined && first.ticks <= ticks)) continue;
    const environment = words(await text(`${proc}/${name}/environ`));
    const env = environment.length === 0 ? undefined : Object.fromEntries(environment.map(pair));
    // There may be others, of stores elsewhere.
    if (env === undefined || (env['NIX_STATE_DIR'] || STATE_DIR) === stateDir)
      first = { pid: Number(name), ticks, env };
  }
  if (first === undefined) return undefined;
  const { pid, ticks, env } = first;
  return { pid, startedAt: Number(boot) * 1000 + (ticks * 1000) / TICKS, env };
}

/** A client's own daemon, over a pipe, is not the one that builds for all. */
function isDaemon([program = '', ...args]: readonly string[]): boolean {
  const name = basename(program);
  return (name === 'nix-daemon' || (name === 'nix' && args.includes('daemon'))) && !args.includes('--stdio');
}

function pair(text: string): [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}

function words(text: string): string[] {
  return text.split('\0').filter((word) => word !== '');
}

/** Processes end while they are looked at, and those of others are hidden. */
async function text(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch(() => '');
}

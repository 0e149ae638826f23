/**
 * Spools for tests: in memory where the machine has such a place, with no demands on the disk.
 */
import { spawn } from 'node:child_process';
import { accessSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { Spool, type SpoolClaim, type SpoolItem, type SpoolOptions, type SpoolState } from 'narkit/node';

type Suite = { after(work: () => unknown): void };

function memory(): string {
  try {
    accessSync('/dev/shm', 6);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}

export async function spoolDir(t: Suite): Promise<string> {
  const directory = await mkdtemp(join(memory(), 'narkit-spool-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export async function openSpool(t: Suite, directory?: string, options: SpoolOptions = {}): Promise<Spool> {
  const spool = await Spool.open(directory ?? (await spoolDir(t)), { minFreeBytes: 0, ...options });
  t.after(() => spool.close());
  return spool;
}

export async function items(spool: Spool, state: SpoolState): Promise<SpoolItem[]> {
  const found: SpoolItem[] = [];
  for await (const item of spool.list(state)) found.push(item);
  return found;
}

export const keysOf = (claims: readonly (SpoolClaim | SpoolItem)[]): (string | undefined)[] =>
  claims.map(({ key }) => key);

export async function one(spool: Spool): Promise<SpoolClaim> {
  const [claim] = await spool.claim();
  if (claim === undefined) throw new Error('nothing to claim');
  return claim;
}

export const names = (directory: string, sub: string): Promise<string[]> => readdir(join(directory, sub));

/** Starts the child program in another process. */
export function child(mode: string, directory: string, ...args: string[]) {
  const script = join(import.meta.dirname, 'child.ts');
  const run = spawn(execPath, ['--conditions=@narkit/source', script, mode, directory, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  run.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const ended = new Promise<{ code: number | null; lines: string[] }>((resolve) => {
    // Only what was written to the end counts.
    run.on('close', (code) => resolve({ code, lines: output.split('\n').slice(0, -1) }));
  });
  return { run, ended };
}

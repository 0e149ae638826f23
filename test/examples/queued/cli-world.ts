/**
 * `upload-queue` as a process, with settings and queues of its own.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execPath } from 'node:process';
import { after } from 'node:test';
import { promisify } from 'node:util';
import { Spool, type SpoolClaim, type SpoolEntry } from 'narkit/node';
import type { Outcome } from '../../support/nix.ts';
import { tempDir } from '../../support/temp.ts';

/** As it is installed: one file. Built once for a file of tests, and removed after its last one. */
const PROGRAM = join(await tempDir({ after }), 'upload-queue');
const args = [
  '--conditions=@narkit/source',
  'scripts/build-hook.ts',
  '--out-dir',
  dirname(PROGRAM),
  'upload-queue',
];
await promisify(execFile)(execPath, args, { cwd: join(import.meta.dirname, '../../..') });

interface Test {
  after(work: () => void): void;
}

export class CliWorld {
  readonly dir: string;
  readonly conf: string;
  readonly #t: Test;

  private constructor(t: Test, dir: string) {
    this.#t = t;
    this.dir = dir;
    this.conf = join(dir, 'upload-queue.conf');
  }

  /** With targets that have queues, unless `init` is still to make them. */
  static async create(
    t: Test,
    options: { targets?: readonly string[]; init?: boolean } = {},
  ): Promise<CliWorld> {
    const { targets = ['main'], init = false } = options;
    const world = new CliWorld(t, await tempDir(t));
    const sections = targets.map((name) => `[${name}]\ncache = file://${world.dir}/cache-${name}\n`);
    await world.configure(sections.join(''));
    if (init) return world;
    for (const name of targets) {
      await (await Spool.open(world.queue(name))).close();
      await mkdir(world.roots(name), { recursive: true });
    }
    return world;
  }

  /** Writes the settings: the places of this world, and `text`. */
  async configure(text: string): Promise<void> {
    const places = `queue-dir = ${this.dir}/queue\ngc-roots-dir = ${this.dir}/roots\n`;
    await writeFile(this.conf, places + text);
  }

  queue(target = 'main'): string {
    return join(this.dir, 'queue', target);
  }

  roots(target = 'main'): string {
    return join(this.dir, 'roots', target);
  }

  /** Works on a queue as the hook or the service would. */
  async with<T>(work: (spool: Spool) => Promise<T>, target = 'main'): Promise<T> {
    const spool = await Spool.open(this.queue(target), { create: false });
    try {
      return await work(spool);
    } finally {
      await spool.close();
    }
  }

  async enqueue(...entries: readonly SpoolEntry[]): Promise<void> {
    await this.with(async (spool) => {
      for (const entry of entries) await spool.enqueue(entry);
    });
  }

  /** Queues an entry, and ends it in a way. */
  async settle(entry: SpoolEntry, end: (claim: SpoolClaim) => Promise<void>, target = 'main'): Promise<void> {
    await this.with(async (spool) => {
      await spool.enqueue({ ...entry, priority: 0 });
      for (const claim of await spool.claim()) await end(claim);
    }, target);
  }

  /** Starts the program; it ends with the test. */
  start(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    stdout: number | 'pipe' = 'pipe',
  ): ChildProcess {
    const all = [PROGRAM, '--config', this.conf, ...args];
    const child = spawn(execPath, all, {
      env: { PATH: process.env['PATH'], ...env },
      cwd: this.dir,
      stdio: ['ignore', stdout, 'pipe'],
    });
    this.#t.after(() => child.kill('SIGKILL'));
    return child;
  }

  /** Runs it to its end. */
  async run(...args: readonly string[]): Promise<Outcome> {
    return await outcomeOf(this.start(args));
  }

  async runWith(env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Outcome> {
    return await outcomeOf(this.start(args, env));
  }
}

/** What a process says, and how it ends; -1 for a signal. */
export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? -1));
  });
  return { code, stdout, stderr };
}

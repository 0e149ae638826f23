/**
 * The queued hooks as they are installed: built programs beside their settings, a queue and roots.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { Spool } from 'narkit/node';

/** Both variants, by the names of their programs. */
export const VARIANTS = ['enqueue-upload', 'enqueue-upload.sh'] as const;
export type Variant = (typeof VARIANTS)[number];

/** Builds both, and more, for the Node that runs the tests, into a directory that goes away with the suite. */
export function builtHooks(suite: { after(work: () => void): void }, ...more: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'narkit-hooks-'));
  suite.after(() => rmSync(directory, { recursive: true }));
  const args = ['--node', execPath, '--out-dir', directory, ...VARIANTS, ...more];
  execFileSync(execPath, ['scripts/build-hook.ts', ...args], {
    cwd: join(import.meta.dirname, '../../..'),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return directory;
}

/** What was in the queue of a target. */
export interface Queued {
  readonly key: string;
  readonly data: unknown;
  readonly tags: readonly string[];
}

/** An installation in one directory. */
export class Installation {
  readonly dir: string;
  readonly queueDir: string;
  readonly rootsDir: string;

  /** @param built Where {@link buildHooks} built. @param rootsDir Below the state directory of Nix, for roots that count. */
  constructor(dir: string, built: string, rootsDir: string = join(dir, 'roots')) {
    this.dir = dir;
    this.queueDir = join(dir, 'queue');
    this.rootsDir = rootsDir;
    mkdirSync(join(dir, 'bin'), { recursive: true });
    for (const variant of VARIANTS) cpSync(join(built, variant), this.program(variant));
    this.configure('');
  }

  program(variant: Variant): string {
    return join(this.dir, 'bin', variant);
  }

  /** Writes the settings, with more lines. */
  configure(more: string): void {
    const text = `# for tests\nqueue-dir = ${this.queueDir}\ngc-roots-dir = ${this.rootsDir} # roots\n${more}`;
    writeFileSync(join(this.dir, 'bin/enqueue-upload.conf'), text);
  }

  async addTarget(name: string): Promise<void> {
    mkdirSync(join(this.rootsDir, name), { recursive: true });
    await (await Spool.open(join(this.queueDir, name), { group: true })).close();
  }

  /** All that is queued for a target, sorted; it stays queued. */
  async queued(target: string): Promise<Queued[]> {
    await using spool = await Spool.open(join(this.queueDir, target), { create: false });
    const claims = await spool.claim(1000);
    for (const claim of claims) await claim.release();
    const { corrupt, dropped } = await spool.stats();
    if (corrupt + dropped > 0) throw new Error(`${corrupt} corrupt entries, ${dropped} not taken in`);
    return claims
      .map(({ key, data, tags }) => ({ key, data, tags }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async keys(target: string): Promise<string[]> {
    return (await this.queued(target)).map(({ key }) => key);
  }

  /** The paths that a target has roots of, sorted. */
  roots(target: string): string[] {
    const directory = join(this.rootsDir, target);
    return readdirSync(directory)
      .map((name) => readlinkSync(join(directory, name)))
      .sort();
  }
}

/** How a hook ended. */
export interface Ended {
  readonly code: number | null;
  readonly stderr: string;
  readonly stdout: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  /** What to run the program with, in place of its first line. */
  readonly shell?: readonly string[];
}

/**
 * Runs a program as Nix does: until stdout and stderr are closed by all who hold them, and with a
 * stdin that nobody ever writes to or closes.
 */
export async function runHook(program: string, options: RunOptions = {}): Promise<Ended> {
  const [command = program, ...args] = [...(options.shell ?? []), program];
  const child = spawn(command, args, {
    env: { PATH: env['PATH'], ...options.env },
    cwd: tmpdir(),
    stdio: 'pipe',
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const { promise, resolve, reject } = Promise.withResolvers<Ended>();
  child.on('error', reject);
  child.on('close', (code) => resolve({ code, stdout, stderr }));
  return await promise;
}

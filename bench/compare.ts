/**
 * Whole processes, timed in turn: A B A B ..., so that a machine whose speed drifts is fair to both.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { median, type Row } from './row.ts';

/** A program to time. */
export interface Command {
  readonly name: string;
  /** A function where it is known only after `prepare`. */
  readonly argv: readonly string[] | (() => readonly string[]);
  readonly env?: NodeJS.ProcessEnv;
  /** Run before every round, not timed. */
  readonly prepare?: () => Promise<void> | void;
}

/** A program that ran. */
export interface Timed {
  /** From start to exit. */
  readonly seconds: number;
  readonly stdout: string;
}

export async function time(command: Command): Promise<Timed> {
  await command.prepare?.();
  const argv = typeof command.argv === 'function' ? command.argv() : command.argv;
  const [program, ...args] = argv as [string, ...string[]];
  const started = performance.now();
  const child = spawn(program, args, {
    env: command.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout = (stdout + chunk.toString()).slice(-4096);
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-4096);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const seconds = (performance.now() - started) / 1000;
  if (code !== 0) throw new Error(`${command.name} exited with ${code}:\n${stderr}`);
  return { seconds, stdout };
}

/** Against whom, and how much of its time we may take. */
export interface Peer {
  readonly command: Command;
  readonly target: number;
}

/** How a comparison is made. */
export interface CompareOptions {
  /** Rounds after the warm-up. */
  readonly runs: number;
  /** Runs everything once first, not counted. @default true */
  readonly warmUp?: boolean;
}

/**
 * Times our program and its peers in turn. A row a peer; its ratio is the median of the rounds' ratios.
 */
export async function compare(
  row: string,
  work: string,
  ours: Command,
  peers: readonly Peer[],
  { runs, warmUp = true }: CompareOptions,
): Promise<Row[]> {
  const all = [ours, ...peers.map(({ command }) => command)];
  if (warmUp) for (const command of all) await time(command);
  const rounds: number[][] = [];
  for (let i = 0; i < runs; i++) {
    const round: number[] = [];
    for (const command of all) round.push((await time(command)).seconds);
    rounds.push(round);
  }
  return peers.map(({ command, target }, i) => {
    const column = (n: number): number[] => rounds.map((round) => round[n] as number);
    const ratio = median(rounds.map((round) => (round[0] as number) / (round[i + 1] as number)));
    return {
      row,
      work,
      ours: `${median(column(0)).toFixed(2)} s`,
      peer: `${median(column(i + 1)).toFixed(2)} s, ${command.name}`,
      figure: ratio.toFixed(2),
      target: `<= ${target.toFixed(2)}`,
      reached: ratio <= target,
    };
  });
}

/** A program of this folder with the built library, compiled: else Node would load its type stripper first. */
export function ourProgram(name: string, ...args: string[]): string[] {
  const program = join(import.meta.dirname, '../build/bench', `${name}.js`);
  buildSync({
    entryPoints: [join(import.meta.dirname, 'programs', `${name}.ts`)],
    outfile: program,
    bundle: true,
    platform: 'node',
    packages: 'external',
    format: 'esm',
  });
  return [process.execPath, program, ...args];
}

/**
 * Whole processes, timed in turn: A B A B ..., so that a machine whose speed drifts is fair to both.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program to time. */
export interface Command {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Run before every round, not timed. */
  readonly prepare?: () => Promise<void>;
}

/** One line of the table. */
export interface Row {
  readonly work: string;
  readonly ours: string;
  readonly peer: string;
  /** What must hold, such as `<= 1.0`; `reached` says whether it did. */
  readonly target: string;
  readonly figure: string;
  readonly reached: boolean;
}

/** Seconds a program took, from start to exit. */
export async function time(command: Command): Promise<number> {
  await command.prepare?.();
  const [program, ...args] = command.argv as [string, ...string[]];
  const started = performance.now();
  const child = spawn(program, args, {
    env: command.env ?? process.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const seconds = (performance.now() - started) / 1000;
  if (code !== 0) throw new Error(`${command.name} exited with ${code}:\n${stderr}`);
  return seconds;
}

/** Times both in turn, after one warm-up of each; the ratio is the median of the pairs' ratios. */
export async function compare(
  work: string,
  ours: Command,
  peer: Command,
  options: { target: number; runs?: number },
): Promise<Row> {
  const { target, runs = 5 } = options;
  await time(ours);
  await time(peer);
  const pairs: [number, number][] = [];
  for (let i = 0; i < runs; i++) pairs.push([await time(ours), await time(peer)]);
  const ratio = median(pairs.map(([a, b]) => a / b));
  return {
    work,
    ours: `${median(pairs.map(([a]) => a)).toFixed(2)} s`,
    peer: `${median(pairs.map(([, b]) => b)).toFixed(2)} s (${peer.name})`,
    target: `<= ${target.toFixed(2)}`,
    figure: ratio.toFixed(2),
    reached: ratio <= target,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** A program of this folder, with the built library: the source would pay for stripping its types. */
export function ourProgram(name: string, ...args: string[]): string[] {
  return [process.execPath, `${import.meta.dirname}/programs/${name}.ts`, ...args];
}

/**
 * One run of a filter program. Private.
 *
 * @module
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { badData } from '../../codec/bad-data.ts';
import { coalesce } from '../../codec/coalesce.ts';
import { UnsupportedError } from '../../errors.ts';
import { Pump } from './pump.ts';

/** What to run, and how to read its fate. */
export interface ProgramTask {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly decompresses: boolean;
  readonly complaint?: RegExp | undefined;
}

/** Most of standard error to keep, in characters: the end says what went wrong. */
const MAX_STDERR = 2000;

/** Passes `source` through the program. */
export function runProgram(source: AsyncIterable<Uint8Array>, task: ProgramTask): AsyncIterable<Uint8Array> {
  // Pipes hand out 64 KiB at most, and often less.
  return coalesce(filter(source, task));
}

async function* filter(source: AsyncIterable<Uint8Array>, task: ProgramTask): AsyncGenerator<Uint8Array> {
  const run = new Run(task);
  const pump = new Pump(run.child.stdin, run.child.stdout);
  let given = 0;
  try {
    for await (const chunk of source) {
      if (chunk.length === 0) continue;
      given += chunk.length;
      yield* pump.write(chunk);
      // No output any more: it has failed, and why must not wait for the source's end.
      if (pump.ended) break;
    }
    yield* pump.end();
    const fault = await run.fault();
    if (fault !== undefined) throw fault;
    if (task.decompresses && given === 0) throw badData(task.name, 'truncated: there is none');
  } finally {
    pump.destroy();
    await run.kill();
  }
}

class Run {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #task: ProgramTask;
  readonly #exit: Promise<{ status: number | null; signal: string | null }>;
  #startError: NodeJS.ErrnoException | undefined;
  #stderr = '';

  constructor(task: ProgramTask) {
    this.#task = task;
    const [program, ...args] = task.command;
    this.child = spawn(program, args, { stdio: 'pipe', env: { ...process.env, LC_ALL: 'C' } });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR);
    });
    const { promise, resolve } = Promise.withResolvers<{ status: number | null; signal: string | null }>();
    this.#exit = promise;
    this.child.on('error', (err) => {
      this.#startError ??= err;
    });
    this.child.on('close', (status, signal) => resolve({ status, signal }));
  }

  /** Waits for the program's end; what was wrong with it, if anything. */
  async fault(): Promise<Error | undefined> {
    const { status, signal } = await this.#exit;
    const { name, command, decompresses, complaint } = this.#task;
    const said = this.#stderr.trim() === '' ? '' : `: ${this.#stderr.trim()}`;
    if (this.#startError !== undefined) {
      const why =
        this.#startError.code === 'ENOENT' ? 'is not installed, or not in PATH' : 'cannot be started';
      return this.#unsupported(`the program '${command[0]}' ${why}`, this.#startError);
    }
    if (signal !== null) return this.#unsupported(`'${command.join(' ')}' was killed by ${signal}${said}`);
    if (status !== 0 && decompresses) {
      return badData(name, `refused by '${command.join(' ')}', which exited with status ${status}${said}`);
    }
    if (status !== 0) return this.#unsupported(`'${command.join(' ')}' exited with status ${status}${said}`);
    if (complaint?.test(this.#stderr)) return badData(name, `followed by other bytes${said}`);
    return undefined;
  }

  /** Ends it, if it runs, and waits until it has gone. */
  async kill(): Promise<void> {
    this.child.stderr.destroy();
    this.child.kill('SIGKILL');
    await this.#exit;
  }

  #unsupported(why: string, cause?: unknown): UnsupportedError {
    const { name } = this.#task;
    return new UnsupportedError(`compression ${name}: ${why}`, { feature: `compression ${name}`, cause });
  }
}

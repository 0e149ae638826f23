/**
 * A child process as a stream. Private.
 *
 * @module
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';

/** Most of standard error to keep, in characters: the end says what went wrong. */
const MAX_STDERR = 2000;
/** Milliseconds from the polite end to the other one. */
const GRACE_MS = 2000;

/**
 * Standard input and output of a command. The end of its output is reported only when it has exited,
 * so that a failure comes with its status and what it wrote to standard error.
 */
export class CommandStream extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exited: Promise<void>;
  #stderr = '';
  /** It does not take what it was sent. */
  #deaf = false;

  constructor(command: readonly [program: string, ...args: string[]], env: NodeJS.ProcessEnv) {
    super();
    const [program, ...args] = command;
    const child = spawn(program, args, { stdio: 'pipe', env });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR);
    });
    child.stdout.on('data', (chunk: Uint8Array) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    // What is wrong with its pipes, its exit tells better.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => child.kill());
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exited = promise;
    child.on('error', (err) => {
      this.destroy(err);
      if (child.pid === undefined) resolve();
    });
    child.on('close', (status, signal) => {
      resolve();
      if (status === 0 && !this.#deaf) this.push(null);
      else this.destroy(new Error(this.#fate(command, status, signal)));
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.#child.stdin.write(chunk, (err) => {
      // The process is on its way out; its exit ends this stream, and says why.
      if (err) this.#deaf = true;
      else done();
    });
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const child = this.#child;
    child.stdin.destroy();
    child.stdout.resume();
    child.kill();
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    void this.#exited.then(() => {
      clearTimeout(timer);
      done(error);
    });
  }

  #fate(command: readonly string[], status: number | null, signal: string | null): string {
    const said = this.#stderr.trim() === '' ? '' : `: ${this.#stderr.trim()}`;
    const end = signal === null ? `exited with status ${status}` : `was killed by ${signal}`;
    return `'${command.join(' ')}' ${end}${said}`;
  }
}

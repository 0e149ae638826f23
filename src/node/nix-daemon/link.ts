/**
 * One connection as bytes both ways, with a clock and a caller's signal: whatever ends it ends every
 * wait at once. Private.
 *
 * @module
 */
import type { Duplex } from 'node:stream';
import { abortable } from '../../bytes/abortable.ts';
import { ByteReader } from '../../bytes/byte-reader.ts';
import { NixDaemonError } from '../../errors.ts';
import { WireReader } from './wire-reader.ts';

/** A stream that is either idle or in one exchange, and broken for good once it failed. */
export class Link {
  readonly input: WireReader;
  /** Resolves when the stream has gone. */
  readonly closed: Promise<void>;
  /** Milliseconds to wait for the daemon, counted from the last byte either way; `undefined`: for ever. */
  timeoutMs: number | undefined;
  readonly #stream: Duplex;
  readonly #failed = new AbortController();
  #idle = true;
  #ended = false;
  #writing = false;
  /** Lets go of the signal of the exchange. */
  #release = (): void => {};
  #wake = (): void => {};
  #waits = 0;
  #away = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
    this.input = new WireReader(new ByteReader(this.#chunks()));
    this.closed = new Promise((resolve) => {
      stream.on('close', resolve);
    });
    stream.on('readable', () => {
      // At the end, only reading brings it about.
      if (!this.#idle && stream.readableLength > 0) this.#wake();
      else if (stream.read() !== null) this.fail(this.input.bad('bytes came that nobody asked for'));
    });
    stream.on('end', () => {
      this.#ended = true;
      if (this.#idle || this.#writing) this.fail(this.#gone('it closed the connection'));
      this.#wake();
    });
    stream.on('error', (cause) => this.fail(this.#gone(cause.message, cause)));
    stream.on('close', () => {
      if (!this.#ended) this.fail(this.#gone('the connection was lost'));
    });
  }

  /** Aborts, with the reason, when the connection fails. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /** Begins an exchange; its signal ends the connection, for the answer can no longer be told. */
  begin(operation: string, signal: AbortSignal | undefined): void {
    this.failed.throwIfAborted();
    signal?.throwIfAborted();
    this.input.operation = operation;
    this.#idle = false;
    const onAbort = (): void => this.fail(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    this.#release = () => signal?.removeEventListener('abort', onAbort);
  }

  /** The answer was read to its end. */
  end(): void {
    this.#release();
    if (this.input.bytes.available > 0) this.fail(this.input.bad('bytes follow its end'));
    if (this.#ended) this.fail(this.#gone('it closed the connection'));
    this.#idle = true;
  }

  /** Gives the connection up. The first reason stays. */
  fail(reason: unknown): void {
    this.#release();
    clearTimeout(this.#timer);
    if (this.failed.aborted) return;
    this.#failed.abort(reason);
    this.#stream.destroy();
  }

  /** Sends, and waits until the system took it. */
  async write(bytes: Uint8Array): Promise<void> {
    this.failed.throwIfAborted();
    this.#writing = true;
    await this.#wait(
      new Promise<void>((resolve) => {
        this.#stream.write(bytes, (cause) => {
          if (cause) this.fail(this.#gone(cause.message, cause));
          this.#writing = false;
          resolve();
        });
      }),
    );
  }

  /** Waits for something of the caller's: that is no time of the daemon's. */
  async away<T>(promise: Promise<T>): Promise<T> {
    this.#away = true;
    this.#clock();
    try {
      return await promise;
    } finally {
      this.#away = false;
      this.#clock();
    }
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      this.failed.throwIfAborted();
      const chunk: Uint8Array | null = this.#stream.read();
      if (chunk !== null) yield chunk;
      else if (this.#ended) return;
      else
        await this.#wait(
          new Promise<void>((resolve) => {
            this.#wake = resolve;
          }),
        );
    }
  }

  async #wait(promise: Promise<void>): Promise<void> {
    this.#waits++;
    this.#clock();
    try {
      await abortable(promise, this.failed);
    } finally {
      this.#waits--;
      this.#clock();
    }
  }

  /** Starts the clock again while the daemon is waited for, and stops it otherwise. */
  #clock(): void {
    clearTimeout(this.#timer);
    const { timeoutMs } = this;
    if (timeoutMs === undefined || this.#waits === 0 || this.#away || this.failed.aborted) return;
    this.#timer = setTimeout(() => this.fail(this.#gone(`nothing came for ${timeoutMs} ms`)), timeoutMs);
  }

  #gone(why: string, cause?: unknown): NixDaemonError {
    const { operation } = this.input;
    return new NixDaemonError('ERR_NIX_DAEMON_UNAVAILABLE', `Nix daemon, ${operation}: ${why}`, {
      operation,
      cause,
    });
  }
}

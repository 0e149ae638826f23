/**
 * One connection to a daemon: one request at a time.
 *
 * @module
 */
import { isNarkitError, NarError, NixDaemonError, UnsupportedError } from '../../errors.ts';
import { NAR_LIMITS } from '../../nar/entry.ts';
import { entriesOf, INLINE_SIZE } from '../../nar/read.ts';
import { writeNar } from '../../nar/write.ts';
import { PulledBody, type Sent, sendFrames } from './framed.ts';
import { type Greeting, greet } from './handshake.ts';
import { Link } from './link.ts';
import { type NixDaemonEvent, readLog } from './log.ts';
import type { Request, RequestBody } from './request.ts';
import { setOptions } from './set-options.ts';
import type { Settings } from './settings.ts';
import { WireWriter } from './wire-writer.ts';

/** First minor number with framed bodies. */
const FRAMED = 23;

/** What a disk can hold, which is more than Nix takes from others. */
const WIDE = { ...NAR_LIMITS, depth: 4096 };

/** A greeted connection. */
export class Connection {
  readonly greeting: Greeting;
  readonly #link: Link;
  readonly #onLog: ((event: NixDaemonEvent) => void) | undefined;

  private constructor(link: Link, greeting: Greeting, settings: Settings) {
    this.#link = link;
    this.greeting = greeting;
    this.#onLog = settings.onLog;
  }

  /** Connects and greets. */
  static async open(settings: Settings, signal: AbortSignal): Promise<Connection> {
    const { transport, connectTimeoutMs, timeoutMs, minor, onLog } = settings;
    signal.throwIfAborted();
    const link = new Link(await transport());
    link.timeoutMs = connectTimeoutMs;
    try {
      link.begin('connect', signal);
      const greeting = await greet(link, minor, onLog);
      link.end();
      link.timeoutMs = timeoutMs;
      const connection = new Connection(link, greeting, settings);
      const options = setOptions(settings);
      if (options !== undefined) await connection.perform(options, signal);
      return connection;
    } catch (err) {
      link.fail(err);
      throw err;
    }
  }

  get broken(): boolean {
    return this.#link.failed.aborted;
  }

  /** Ends the connection, and whatever goes on over it with `reason`. */
  async close(reason: unknown): Promise<void> {
    this.#link.fail(reason);
    await this.#link.closed;
  }

  /** Sends a request and reads its answer. */
  async perform<T>(request: Request<T>, signal: AbortSignal | undefined): Promise<T> {
    const answer = await this.#guard(request, signal, async () => {
      const result = await request.read(this.#link.input);
      this.#link.end();
      return result;
    });
    return answer();
  }

  /**
   * The NAR that follows the answer to a request, parsed to find its end. The connection is taken until
   * `release` is called, once: after the end, a failure, or when the stream was given up.
   */
  async nar(
    request: Request<void>,
    signal: AbortSignal | undefined,
    release: () => void,
  ): Promise<AsyncIterable<Uint8Array>> {
    await this.#guard(request, signal, () => request.read(this.#link.input));
    const reader = this.#link.input.bytes;
    const entries = entriesOf(() => ({ reader, inlineSize: INLINE_SIZE, limits: WIDE, whole: false }));
    const chunks = writeNar(entries, { limits: WIDE });
    let open = true;
    const finish = (): void => {
      if (open) release();
      open = false;
    };
    const iterator: AsyncIterator<Uint8Array> = {
      next: async () => {
        try {
          const step = await chunks.next();
          if (step.done && open) {
            this.#link.end();
            finish();
          }
          return step;
        } catch (err) {
          const failure = err instanceof NarError ? this.#badNar(err) : err;
          this.#link.fail(failure);
          finish();
          throw failure;
        }
      },
      return: async () => {
        if (open) this.#link.fail(new Error('the NAR was not read to its end'));
        finish();
        await chunks.return();
        return { done: true, value: undefined };
      },
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }

  /** Sends a request, reads the log and then the answer; breaks the connection unless that is in order. */
  async #guard<T>(
    request: Request<unknown>,
    signal: AbortSignal | undefined,
    read: () => Promise<T>,
  ): Promise<T> {
    const { minor, info } = this.greeting;
    const { name, op, since = 0, write, body } = request;
    if (minor < since) {
      throw new UnsupportedError(
        `Nix daemon: ${name} needs protocol 1.${since}, and this one speaks ${info.protocol}`,
        { feature: `Nix daemon request ${name}` },
      );
    }
    this.#link.begin(name, signal);
    try {
      const out = new WireWriter();
      out.uint64(op);
      write?.(out, minor);
      await this.#link.write(out.finish());
      if (body === undefined) await readLog(this.#link.input, { minor, onLog: this.#onLog });
      else await this.#exchangeBody(body);
      return await read();
    } catch (err) {
      if (isNarkitError(err, 'ERR_NIX_DAEMON') || err instanceof SourceFailure) this.#link.end();
      else this.#link.fail(err);
      // A failure of the connection hides behind what it makes fail.
      throw err instanceof SourceFailure ? err.reason : err;
    }
  }

  async #exchangeBody(body: RequestBody): Promise<void> {
    const { minor } = this.greeting;
    const log = { minor, onLog: this.#onLog };
    let sent: Sent;
    let answer: PromiseSettledResult<void>;
    if (minor < FRAMED) {
      const pulled = new PulledBody(this.#link, body);
      const answering = readLog(this.#link.input, { ...log, pull: (most) => pulled.send(most) });
      [answer] = await Promise.allSettled([answering]);
      await pulled.close();
      sent = pulled;
    } else {
      const answered = new AbortController();
      // What breaks one side must end the other.
      const fail = (err: unknown): never => {
        if (!isNarkitError(err, 'ERR_NIX_DAEMON')) this.#link.fail(err);
        throw err;
      };
      const answering = readLog(this.#link.input, log)
        .catch(fail)
        .finally(() => answered.abort());
      const sending = sendFrames(this.#link, body, answered.signal).catch(fail);
      const [first, second] = await Promise.allSettled([answering, sending]);
      answer = first;
      if (second.status === 'rejected') throw second.reason;
      sent = second.value;
    }
    if (sent.failure === undefined) {
      if (answer.status === 'rejected') throw answer.reason;
    } else {
      // That the daemon refuses a part is no news, and leaves the connection in order.
      if (answer.status === 'fulfilled') throw sent.failure.reason;
      const refused = isNarkitError(answer.reason, 'ERR_NIX_DAEMON');
      throw refused ? new SourceFailure(sent.failure.reason) : answer.reason;
    }
  }

  #badNar(cause: NarError): NixDaemonError {
    const { operation } = this.#link.input;
    const code =
      cause.code === 'ERR_NAR_TRUNCATED' ? 'ERR_NIX_DAEMON_UNAVAILABLE' : 'ERR_NIX_DAEMON_PROTOCOL';
    const message = `Nix daemon, ${operation}: the NAR is not whole: ${cause.message}`;
    return new NixDaemonError(code, message, { operation, offset: cause.offset, cause });
  }
}

/** Carries what a body's source threw past the rule that failures break the connection. */
class SourceFailure extends Error {
  readonly reason: unknown;

  constructor(reason: unknown) {
    super('the source of a body failed');
    this.reason = reason;
  }
}

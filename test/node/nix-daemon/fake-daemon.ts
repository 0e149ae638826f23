/**
 * A scripted daemon at the other end of a stream, for what real ones do not do on request. Its
 * encoding is its own: nothing of the library's.
 */
import { type Duplex, duplexPair } from 'node:stream';
import { NixDaemon, type NixDaemonOptions } from 'narkit/node';

export function u64(...values: (number | bigint)[]): Buffer {
  const out = Buffer.alloc(8 * values.length);
  for (const [at, value] of values.entries()) out.writeBigUInt64LE(BigInt(value), 8 * at);
  return out;
}

export function str(text: string | Uint8Array): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([u64(bytes.length), bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
}

export function strs(...texts: string[]): Buffer {
  return Buffer.concat([u64(texts.length), ...texts.map(str)]);
}

export const LAST: Buffer = u64(0x616c7473);

/** An error as protocols from 1.26 on have it. */
export function error(message: string, ...traces: string[]): Buffer {
  const frames = traces.flatMap((trace) => [u64(0), str(trace)]);
  return Buffer.concat([
    u64(0x63787470),
    str('Error'),
    u64(0),
    str('Error'),
    str(message),
    u64(0, traces.length),
    ...frames,
  ]);
}

/** The daemon's end of one connection. */
export class Peer {
  readonly stream: Duplex;
  readonly #chunks: AsyncIterator<Buffer>;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(stream: Duplex) {
    this.stream = stream;
    stream.on('error', () => {});
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async bytes(length: number): Promise<Buffer> {
    while (this.#buffer.length < length) {
      const step = await this.#chunks.next();
      if (step.done) throw new Error('the client has gone');
      this.#buffer = Buffer.concat([this.#buffer, step.value]);
    }
    const bytes = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return bytes;
  }

  async u64(): Promise<number> {
    return Number((await this.bytes(8)).readBigUInt64LE());
  }

  async str(): Promise<string> {
    const length = await this.u64();
    return (await this.bytes(length + ((8 - (length % 8)) % 8))).toString('latin1', 0, length);
  }

  async strs(): Promise<string[]> {
    const texts: string[] = [];
    for (let left = await this.u64(); left > 0; left--) texts.push(await this.str());
    return texts;
  }

  /** The frames of a body, up to and with the empty one. */
  async frames(): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let size = await this.u64(); size > 0; size = await this.u64()) parts.push(await this.bytes(size));
    return Buffer.concat(parts);
  }

  send(...parts: Buffer[]): void {
    this.stream.write(Buffer.concat(parts));
  }

  /** Greets as a daemon of that protocol; returns the version that the client announced. */
  async greet(minor = 34, features: string[] = [], trust = 1): Promise<number> {
    await this.u64();
    const theirs = await this.u64();
    this.send(u64(0x6478696f, 0x100 | minor));
    const agreed = Math.min(minor, theirs & 0xff);
    if (agreed >= 38) {
      await this.strs();
      this.send(strs(...features));
    }
    await this.bytes(16);
    if (agreed >= 33) this.send(str('9.9.9'));
    if (agreed >= 35) this.send(u64(trust));
    this.send(LAST);
    return theirs;
  }
}

/** A client whose connections are served by `script`, called with the number of the connection. */
export function served(
  script: (peer: Peer, connection: number) => Promise<void>,
  options: NixDaemonOptions = {},
): NixDaemon {
  let count = 0;
  return new NixDaemon({
    transport: () => {
      const [ours, theirs] = duplexPair();
      // A script that is left in the middle fails when its client goes.
      script(new Peer(theirs), count++).catch(() => {});
      return ours;
    },
    connections: 1,
    ...options,
  });
}

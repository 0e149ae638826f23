/**
 * Sending a body: in frames while the log channel is read, or piece by piece as the daemon pulls it.
 *
 * @module
 */
import { ByteReader } from '../../bytes/byte-reader.ts';
import { cutOff } from '../../bytes/cut-off.ts';
import { toAsyncIterable } from '../../bytes/stream.ts';
import { coalesce } from '../../codec/coalesce.ts';
import { encodeString } from '../../nar/token.ts';
import type { Link } from './link.ts';
import type { RequestBody } from './request.ts';
import { WireWriter } from './wire-writer.ts';

/** Bytes of a frame at most: the daemon holds one in memory. */
const MAX_FRAME = 1024 * 1024;

const NOTHING = new Uint8Array(0);

/** What became of a body. */
export interface Sent {
  /** What its source threw, if it did; the daemon then got only a part. */
  readonly failure: { readonly reason: unknown } | undefined;
}

/**
 * Sends the body in frames, and the empty one that ends it, whatever happens: the daemon answers only
 * after that.
 *
 * @param answered aborts when the daemon has answered, or never will: the rest is not worth sending.
 */
export async function sendFrames(link: Link, body: RequestBody, answered: AbortSignal): Promise<Sent> {
  const chunks = cutOff(coalesce(toAsyncIterable(body.source)), answered);
  let failure: Sent['failure'];
  try {
    for (;;) {
      let step: IteratorResult<Uint8Array, void>;
      try {
        step = await link.away(chunks.next());
      } catch (reason) {
        if (!answered.aborted) failure = { reason };
        break;
      }
      if (step.done) break;
      for (let at = 0; at < step.value.length; at += MAX_FRAME) {
        const part = step.value.subarray(at, at + MAX_FRAME);
        await link.write(number(part.length));
        await link.write(part);
      }
    }
  } finally {
    await chunks.return();
  }
  if (failure !== undefined && !body.guarded) link.fail(failure.reason);
  await link.write(number(0));
  return { failure };
}

/** A body that the daemon pulls, as protocols 1.21 and 1.22 have it. */
export class PulledBody {
  failure: Sent['failure'];
  readonly #link: Link;
  readonly #reader: ByteReader;

  constructor(link: Link, body: RequestBody) {
    this.#link = link;
    this.#reader = new ByteReader(cutOff(toAsyncIterable(body.source), link.failed));
  }

  /** Sends 1 to `most` bytes; none when there are no more. */
  async send(most: number): Promise<void> {
    let part: Uint8Array = NOTHING;
    try {
      if (this.failure === undefined) await this.#link.away(this.#reader.fill(1));
      part = this.#reader.take(most);
    } catch (reason) {
      this.failure = { reason };
    }
    await this.#link.write(encodeString(part));
  }

  async close(): Promise<void> {
    await this.#reader.cancel();
  }
}

function number(value: number): Uint8Array {
  const out = new WireWriter();
  out.uint64(value);
  return out.finish();
}

/**
 * Joins small chunks: decoders emit what they have, stages behind them pay for each chunk. Private.
 *
 * @module
 */

/** Least size of a chunk, in bytes, except the last. */
const LEAST = 64 * 1024;

/** The same bytes in chunks of at least 64 KiB, the last one excepted; none is empty. */
export async function* coalesce(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held = new Uint8Array(0);
  let used = 0;
  for await (const chunk of source) {
    let rest = chunk;
    if (used > 0 && used + rest.length >= LEAST) {
      held = withRoom(held, used, LEAST);
      held.set(rest.subarray(0, LEAST - used), used);
      rest = rest.subarray(LEAST - used);
      yield held;
      // Another one, for the consumer may keep what it was given.
      held = new Uint8Array(LEAST);
      used = 0;
    }
    if (rest.length >= LEAST) {
      yield rest;
    } else {
      held = withRoom(held, used, used + rest.length);
      held.set(rest, used);
      used += rest.length;
    }
  }
  if (used > 0) yield held.subarray(0, used);
}

/** Little is held for what is little: to allocate 64 KiB costs more than all else about a small NAR. */
function withRoom(held: Uint8Array<ArrayBuffer>, used: number, needed: number): Uint8Array<ArrayBuffer> {
  if (needed <= held.length) return held;
  const larger = new Uint8Array(Math.min(LEAST, Math.max(needed, 4 * held.length)));
  larger.set(held.subarray(0, used));
  return larger;
}

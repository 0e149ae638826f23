/**
 * Joins small chunks: decoders emit what they have, stages behind them pay for each chunk. Private.
 *
 * @module
 */

/** Least size of a chunk, in bytes, except the last. */
const LEAST = 64 * 1024;

/** The same bytes in chunks of at least 64 KiB, the last one excepted; none is empty. */
export async function* coalesce(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held = new Uint8Array(LEAST);
  let used = 0;
  for await (const chunk of source) {
    let rest = chunk;
    if (used > 0 && used + rest.length >= LEAST) {
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
      held.set(rest, used);
      used += rest.length;
    }
  }
  if (used > 0) yield held.subarray(0, used);
}

/**
 * A part of a stream.
 *
 * @module
 */

/** Up to `length` bytes from byte `start` on; what follows is not read, and the source ended early. */
export async function* partOf(
  source: AsyncIterable<Uint8Array>,
  start: number,
  length: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const end = start + length;
  let at = 0;
  for await (const chunk of source) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, chunk.length);
    at += chunk.length;
    if (from < to) yield chunk.subarray(from, to);
    if (at >= end) return;
  }
}

/**
 * Work that is cut into independent blocks and done on other threads. Private.
 *
 * @module
 */
import { availableParallelism } from 'node:os';

/**
 * Jobs of libuv's thread pool worth having in flight: one for each of its four threads (unless
 * `UV_THREADPOOL_SIZE` says otherwise) that can have a core, and one that waits for them.
 */
export const POOL_JOBS: number = Math.min(availableParallelism(), 4) + 1;

/** First size of a block's buffer, unless the first chunk is larger: most NARs are small, and need not pay for a whole block. */
const FIRST: number = 4 * 1024;

/**
 * The bytes of `source` in blocks of exactly `size` bytes, the last one smaller; of no bytes, one
 * empty block. Each block has memory of its own, or that of one in `free`: blocks of full size that
 * the caller is done with, and puts there.
 */
export async function* cutBlocks(
  source: AsyncIterable<Uint8Array>,
  size: number,
  free: Uint8Array[] = [],
): AsyncGenerator<Uint8Array> {
  let block: Uint8Array = new Uint8Array(0);
  let used = 0;
  let any = false;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      if (used === block.length)
        block = grown(block, used, any ? size : Math.min(size, Math.max(used * 4, chunk.length, FIRST)));
      const taken = Math.min(block.length - used, chunk.length - at);
      block.set(chunk.subarray(at, at + taken), used);
      used += taken;
      at += taken;
      if (used < size) continue;
      yield block;
      any = true;
      block = free.pop() ?? Buffer.allocUnsafeSlow(size);
      used = 0;
    }
  }
  if (used > 0 || !any) yield block.subarray(0, used);
}

function grown(block: Uint8Array, used: number, size: number): Uint8Array {
  const larger = Buffer.allocUnsafeSlow(size);
  larger.set(block.subarray(0, used));
  return larger;
}

/**
 * Runs `work` on every item, at most `parallel` at a time, and yields the results in order.
 *
 * Returns or throws only when no work is in flight any more. When it throws, the results before the
 * fault have been yielded, unless the fault is the source's own.
 */
export async function* inOrder<T, R>(
  items: AsyncIterable<T>,
  parallel: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const inFlight: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      // It is awaited below, in its turn; till then its failure is not "unhandled".
      result.catch(() => undefined);
      inFlight.push(result);
      if (inFlight.length >= parallel) yield await (inFlight.shift() as Promise<R>);
    }
    while (inFlight.length > 0) yield await (inFlight.shift() as Promise<R>);
  } finally {
    await Promise.allSettled(inFlight);
  }
}

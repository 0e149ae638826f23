/**
 * Codecs that cost nothing until bytes flow. Private.
 *
 * @module
 */
import type { ByteTransform } from '../bytes/stream.ts';

/** A stage whose code is loaded when it is first used: programs that never compress start sooner. */
export function lazily(load: () => Promise<ByteTransform>): ByteTransform {
  return async function* loaded(source) {
    yield* (await load())(source);
  };
}

/**
 * Reads `zstd` anywhere, by the optional package `fzstd` (plain JavaScript).
 *
 * @module
 */
import { badData } from './bad-data.ts';
import { coalesce } from './coalesce.ts';
import type { Decoder } from './codec.ts';
import { missingPeer } from './load-peer.ts';
import { zstdParts } from './zstd-parts.ts';

/**
 * Reads `zstd` through `fzstd`, loaded at first use. On Node.js the codec of `narkit/node` is
 * several times faster.
 *
 * Frames and declared sizes are checked, truncation too; the optional checksum of a frame is not,
 * so corruption of the content may be left to the NAR hash.
 *
 * @throws UnsupportedError when the package is missing, or the data needs a dictionary or a window
 *   above 128 MiB.
 */
export const zstdDecoder: Decoder = {
  name: 'zstd',
  decompress: (source) => coalesce(decode(source)),
};

async function load(): Promise<typeof import('fzstd').Decompress> {
  try {
    return (await import('fzstd')).Decompress;
  } catch (err) {
    throw missingPeer('zstd', 'fzstd', err);
  }
}

async function* decode(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const Decompress = await load();
  const ready: Uint8Array[] = [];
  let produced = 0;
  const onData = (chunk: Uint8Array): void => {
    produced += chunk.length;
    if (chunk.length > 0) ready.push(chunk);
  };
  let engine = new Decompress(onData);
  let declared: number | undefined;
  for await (const { header, bytes, end } of zstdParts(source)) {
    if (header !== undefined) {
      engine = new Decompress(onData);
      produced = 0;
      declared = header.contentSize;
    }
    try {
      // A copy, for the package keeps what it cannot use yet; not by `slice`, which Buffers share.
      engine.push(new Uint8Array(bytes), end);
    } catch (err) {
      throw badData('zstd', 'corrupt', err);
    }
    yield* ready.splice(0);
    if (declared !== undefined && (end ? produced !== declared : produced > declared)) {
      throw badData('zstd', `corrupt: a frame of ${declared} bytes has ${produced}`);
    }
  }
}

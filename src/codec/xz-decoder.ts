/**
 * Reads `xz` anywhere, by the optional package `xz-decompress` (WebAssembly).
 *
 * @module
 */
import { UnsupportedError } from '../errors.ts';
import { badData } from './bad-data.ts';
import { coalesce } from './coalesce.ts';
import type { Decoder } from './codec.ts';
import { missingPeer } from './load-peer.ts';
import { SourceFeed } from './source-feed.ts';

type XzStream = new (compressed: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>;

/**
 * Reads `xz` through `xz-decompress`, loaded at first use.
 *
 * Good to know: the package decodes one stream at a time and lets others wait, so two decoders must
 * not depend on each other's progress. It knows the LZMA2 filter only and checks CRC-32 but not
 * CRC-64 (what `xz` writes unless told otherwise), so corruption of the content may be left to the
 * NAR hash. It needs the right to compile WebAssembly at run time, which Cloudflare Workers deny.
 *
 * @throws UnsupportedError when the package is missing, or the file uses what it does not know.
 */
export const xzDecoder: Decoder = {
  name: 'xz',
  decompress: (source) => coalesce(decode(source)),
};

async function load(): Promise<XzStream> {
  try {
    const peer = await import('xz-decompress');
    // A CommonJS bundle: whether the name is at the top depends on who loads it.
    const { XzReadableStream } =
      'XzReadableStream' in peer ? peer : (peer as { default: typeof peer }).default;
    return XzReadableStream;
  } catch (err) {
    throw missingPeer('xz', 'xz-decompress', err);
  }
}

async function* decode(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const XzReadableStream = await load();
  const feed = new SourceFeed(source);
  const reader = new XzReadableStream(feed.stream).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((err: unknown) => {
        throw feed.errorOr(explain(err));
      });
      if (done) break;
      yield value;
    }
  } finally {
    // Also frees the package's lock. Never before the first read has settled: it would free a lock
    // that it does not hold; a generator cannot be stopped earlier than that.
    await reader.cancel().catch(() => undefined);
    await feed.close();
  }
}

/** Codes of xz-embedded that are no fault of the data: no memory, a limit, an unknown filter. */
const NOT_ABLE = /error code [2346]$/;

function explain(err: unknown): Error {
  if (err instanceof Error && (err.name === 'CompileError' || NOT_ABLE.test(err.message))) {
    return new UnsupportedError(`xz-decompress cannot read this here: ${err.message}`, {
      feature: 'compression xz',
      cause: err,
    });
  }
  return badData('xz', 'corrupt, truncated or followed by other bytes', err);
}

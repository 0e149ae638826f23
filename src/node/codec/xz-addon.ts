/**
 * `xz` by the optional package `@napi-rs/lzma` (a Rust addon). Private.
 *
 * Of its interfaces only the two stream functions both take a preset and work on threads of their
 * own: the one-shot `compress` has no preset, the class `XzCompressor` compresses on the JavaScript
 * thread, and `XzDecompressor` queues all input it is given. Their channels are bounded at both
 * ends (16 messages of 64 KiB of content), so a bomb is decoded no faster than it is read.
 *
 * @module
 */

import { concatBytes } from '../../bytes/bytes.ts';
import type { ByteTransform } from '../../bytes/stream.ts';
import { badData } from '../../codec/bad-data.ts';
import { coalesce } from '../../codec/coalesce.ts';
import { SourceFeed } from '../../codec/source-feed.ts';
import { cutBlocks, inOrder } from './blocks.ts';

/** By a variable, so that neither the compiler nor a bundler needs it to be installed. */
const ADDON: string = '@napi-rs/lzma';

/** What we use of the addon. */
export interface XzAddon {
  compressStream(input: ReadableStream<Uint8Array>, options: { preset: number }): ReadableStream<Uint8Array>;
  decompressStream(input: ReadableStream<Uint8Array>): ReadableStream<Uint8Array>;
}

/** The addon; `undefined` when it is not installed, not for this platform, or too old. */
export async function loadXzAddon(): Promise<XzAddon | undefined> {
  try {
    const { xz } = (await import(ADDON)) as { xz: Partial<XzAddon> };
    // Versions before 1.5 have no streams, and their one-shot encoder stores without compressing.
    return typeof xz.compressStream === 'function' && typeof xz.decompressStream === 'function'
      ? (xz as XzAddon)
      : undefined;
  } catch {
    return undefined;
  }
}

/** What {@link xzBlocks} needs to know. */
export interface XzBlocksOptions {
  readonly preset: number;
  readonly parallel: number;
  readonly blockSize: number;
}

/** Compresses independent blocks to concatenated .xz streams, which every reader takes as one file. */
export function xzBlocks(addon: XzAddon, options: XzBlocksOptions): ByteTransform {
  const { preset, parallel, blockSize } = options;
  return (source) => coalesce(inOrder(cutBlocks(source, blockSize), parallel, compress));

  async function compress(block: Uint8Array): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    const reader = addon.compressStream(streamOf(block), { preset }).getReader();
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      // The addon's are Buffers; the constructor copies, as joining them would.
      chunks.push(new Uint8Array(step.value));
    }
    return concatBytes(chunks);
  }
}

/** Decompresses all streams of a file. */
export function xzContent(addon: XzAddon): ByteTransform {
  return (source) => coalesce(decode(addon, source));
}

async function* decode(addon: XzAddon, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const feed = new SourceFeed(source);
  const reader = addon.decompressStream(feed.stream).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((err: unknown) => {
        throw feed.errorOr(badData('xz', 'corrupt, truncated or followed by other bytes', err));
      });
      if (done) break;
      yield new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    }
    if (feed.length === 0) throw badData('xz', 'truncated: there is none');
  } finally {
    await reader.cancel().catch(() => undefined);
    await feed.close();
  }
}

function streamOf(block: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      if (block.length > 0) controller.enqueue(block);
      controller.close();
    },
  });
}

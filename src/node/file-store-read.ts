/**
 * Reading the files of a `FileStore`: small ones at once, large ones in large chunks.
 *
 * @module
 */
import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { ObjectInfo } from '../store/store.ts';

/** Up to this many bytes are read before `get` returns: no stream machinery, and no open file. */
const SMALL = 64 * 1024;
/** Bytes read at a time. */
const CHUNK = 512 * 1024;

/** What is known of an object from its file. */
export function infoOf(key: string, stats: Stats): ObjectInfo & { readonly size: number } {
  return { key, size: stats.size, etag: etagOf(stats), lastModified: stats.mtime };
}

/** A put makes a new file, so no two contents of a key share inode, size and time. */
export function etagOf(stats: Stats): string {
  return `"${stats.ino.toString(36)}-${stats.size.toString(36)}-${stats.mtimeMs.toString(36)}"`;
}

/** The `length` bytes from `start`; closes the file at the end, on failure, and when cancelled. */
export async function readFrom(
  handle: FileHandle,
  start: number,
  length: number,
  options: { signal: AbortSignal | undefined; fail: (err: unknown) => unknown },
): Promise<ReadableStream<Uint8Array>> {
  const { signal, fail } = options;
  let at = start;
  const end = start + length;

  async function next(): Promise<Uint8Array> {
    signal?.throwIfAborted();
    const wanted = Math.min(CHUNK, end - at);
    // Memory of its own, not of Buffer's pool: the consumer may keep or transfer it.
    const chunk = new Uint8Array(Buffer.allocUnsafeSlow(wanted).buffer);
    const { bytesRead } = await handle.read(chunk, 0, wanted, at);
    if (bytesRead === 0) throw new Error(`the file became shorter while it was read, at byte ${at}`);
    at += bytesRead;
    return bytesRead === wanted ? chunk : chunk.subarray(0, bytesRead);
  }

  if (length <= SMALL) {
    const chunks: Uint8Array[] = [];
    try {
      while (at < end) chunks.push(await next());
    } finally {
      await handle.close();
    }
    return new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
        controller.close();
      },
    });
  }
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        controller.enqueue(await next());
      } catch (err) {
        await handle.close();
        throw fail(err);
      }
      if (at === end) {
        await handle.close();
        controller.close();
      }
    },
    cancel: () => handle.close(),
  });
}

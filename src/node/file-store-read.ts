/**
 * Reading the files of a `FileStore`: small ones at once, large ones in large chunks.
 *
 * @module
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { resolveRange } from '../store/range.ts';
import type { GetOptions, ObjectInfo, StoredObject } from '../store/store.ts';
import { fileError, isAbsent } from './file-store-errors.ts';

/** Up to this many bytes are read before `get` returns: no stream machinery, and no open file. */
export const SMALL: number = 64 * 1024;
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

/** Not to wait for a writer, should it be a named pipe. */
const READ_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** Facts of the file at `path`; `undefined` where there is none, or what is there is no file. */
export function statFile(path: string): Stats | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats?.isFile() ? stats : undefined;
  } catch (err) {
    if (isAbsent(err)) return undefined;
    throw err;
  }
}

/**
 * The object in the file at `path`, or a range of it; `undefined` where there is no file.
 *
 * @throws the system error, of a file that vanished too; and RangeError
 */
export async function openObject(
  path: string,
  key: string,
  options: GetOptions,
): Promise<StoredObject | undefined> {
  const glance = statFile(path);
  if (glance === undefined) return undefined;
  const small = options.range === undefined && glance.size <= SMALL ? readSmall(path) : undefined;
  if (small !== undefined) return { ...infoOf(key, small.stats), body: streamOf([small.bytes]) };
  const handle = await open(path, READ_FLAGS);
  let stats: Stats;
  let range: StoredObject['range'];
  try {
    stats = await handle.stat();
    if (stats.isFile() && options.range) range = resolveRange(options.range, stats.size, key);
  } catch (err) {
    await handle.close();
    throw err;
  }
  if (!stats.isFile()) {
    await handle.close();
    return undefined;
  }
  const { start, end } = range ?? { start: 0, end: stats.size - 1 };
  const fail = (err: unknown): unknown => fileError(err, 'get', path, key);
  const body = await readFrom(handle, start, end - start + 1, { signal: options.signal, fail });
  return { ...infoOf(key, stats), body, ...(range && { range }) };
}

/** A small file, as a whole and at once; `undefined` where it is not small, or no file. */
function readSmall(path: string): { readonly stats: Stats; readonly bytes: Uint8Array } | undefined {
  const fd = openSync(path, READ_FLAGS);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile() || stats.size > SMALL) return undefined;
    // Memory of its own, not of Buffer's pool: the consumer may keep or transfer it.
    const bytes = new Uint8Array(stats.size);
    for (let at = 0; at < bytes.length; ) {
      const bytesRead = readSync(fd, bytes, at, bytes.length - at, at);
      if (bytesRead === 0) throw shorter(at);
      at += bytesRead;
    }
    return { stats, bytes };
  } finally {
    closeSync(fd);
  }
}

/** Bytes at hand as a stream. */
function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) if (chunk.length > 0) controller.enqueue(chunk);
      controller.close();
    },
  });
}

function shorter(at: number): Error {
  return new Error(`the file became shorter while it was read, at byte ${at}`);
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
    if (bytesRead === 0) throw shorter(at);
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
    return streamOf(chunks);
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

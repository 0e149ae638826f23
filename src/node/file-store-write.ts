/**
 * Writing the files of a `FileStore`: a temporary file beside the final one, so that one rename
 * makes the object appear.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { type FileHandle, link, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PutResult } from '../store/store.ts';
import { systemCode } from './file-store-errors.ts';

/** Chunks smaller than this are gathered; larger ones are written as they are. */
const DIRECT = 128 * 1024;
/** Bytes gathered before they are written. */
const BUFFER = 512 * 1024;

/** Whether a file name is one of {@link tempPath}. */
export function isTempName(name: string): boolean {
  return /^\..*\.[0-9a-f]{16}\.tmp$/s.test(name);
}

/** A file being written, under a hidden name beside its final one, hence on the same file system. */
export interface Temp {
  readonly path: string;
  readonly handle: FileHandle;
}

/** Opens a new {@link Temp} for the object at `path`. */
export async function openTemp(path: string): Promise<Temp> {
  // Cut, for a name of 255 bytes leaves no room for more.
  const base = basename(path).slice(0, 40);
  const temp = join(dirname(path), `.${base}.${randomBytes(8).toString('hex')}.tmp`);
  return { path: temp, handle: await open(temp, 'wx') };
}

/** Writes the body and closes the file; removes it if anything fails. */
export async function fillTemp(temp: Temp, body: AsyncIterable<Uint8Array>, sync: boolean): Promise<Stats> {
  const { path, handle } = temp;
  try {
    try {
      await writeChunks(handle, body);
      if (sync) await handle.sync();
      return await handle.stat();
    } finally {
      await handle.close();
    }
  } catch (err) {
    await rm(path, { force: true });
    throw err;
  }
}

async function writeChunks(handle: FileHandle, body: AsyncIterable<Uint8Array>): Promise<void> {
  let buffer: Uint8Array | undefined;
  let filled = 0;
  for await (const chunk of body) {
    if (filled > 0 && filled + chunk.length > BUFFER) {
      await writeAll(handle, (buffer as Uint8Array).subarray(0, filled));
      filled = 0;
    }
    if (chunk.length > BUFFER || (filled === 0 && chunk.length >= DIRECT)) {
      await writeAll(handle, chunk);
      continue;
    }
    buffer ??= Buffer.allocUnsafeSlow(BUFFER);
    buffer.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled > 0) await writeAll(handle, (buffer as Uint8Array).subarray(0, filled));
}

/** A write may take less than it was given. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let at = 0;
  while (at < bytes.length) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
}

/**
 * Makes the finished file appear under its name, or removes it.
 *
 * `ifAbsent` is `link`, which checks and creates in one step; only on file systems without hard
 * links it is a check before the rename, and the result says so.
 */
export async function publish(temp: string, path: string, ifAbsent: boolean): Promise<PutResult> {
  let renamed = false;
  try {
    if (!ifAbsent) {
      await rename(temp, path);
      renamed = true;
      return { outcome: 'stored' };
    }
    try {
      await link(temp, path);
    } catch (err) {
      const code = systemCode(err) ?? '';
      if (code === 'EEXIST') return { outcome: await occupant(path) };
      if (!['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'ENOSYS', 'EMLINK'].includes(code)) throw err;
      if ((await stat(path).catch(() => undefined))?.isFile())
        return { outcome: 'present', conditional: false };
      await rename(temp, path);
      return { outcome: 'stored', conditional: false };
    }
    return { outcome: 'stored' };
  } finally {
    // After a rename nothing is left to remove: one call to the system less.
    if (!renamed) await rm(temp, { force: true });
  }
}

/** A directory holds the name, but it is no object. */
async function occupant(path: string): Promise<'present'> {
  if ((await stat(path)).isFile()) return 'present';
  throw Object.assign(new Error(`${path} is a directory`), { code: 'EISDIR' });
}

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Syncs the parents of new directories, from the innermost to that of the first one made. */
export async function syncParents(innermost: string, first: string): Promise<void> {
  for (let at = innermost; ; at = dirname(at)) {
    await syncDirectory(dirname(at));
    if (at === first || dirname(at) === at) return;
  }
}

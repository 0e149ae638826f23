/**
 * Writing the files of a `FileStore`: a temporary file beside the final one, so that one rename
 * makes the object appear.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  linkSync,
  openSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { PutResult } from '../store/store.ts';
import { systemCode } from './file-store-errors.ts';

/** Chunks smaller than this are gathered; larger ones are written as they are. */
const DIRECT = 128 * 1024;
/** Bytes gathered before they are written. */
const BUFFER = 512 * 1024;

/** Whether a file name is that of a file being written. */
export function isTempName(name: string): boolean {
  return /^\..*\.[0-9a-f]{16}\.tmp$/s.test(name);
}

/** A file being written, under a hidden name beside its final one, hence on the same file system. */
export interface Temp {
  readonly path: string;
  readonly handle: FileHandle;
}

/** A new name beside the object at `path`. */
function tempPath(path: string): string {
  const name = basename(path);
  // 16 digits, two groups of four among them without the version: drawn from a pool, unlike `randomBytes`.
  const uuid = randomUUID();
  const random = uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(24, 28);
  // Cut, for a name of 255 bytes leaves no room for more.
  return `${path.slice(0, path.length - name.length)}.${name.slice(0, 40)}.${random}.tmp`;
}

/** Opens a new {@link Temp} for the object at `path`. */
export async function openTemp(path: string): Promise<Temp> {
  const temp = tempPath(path);
  return { path: temp, handle: await open(temp, 'wx') };
}

/** A file that is written, and closed. */
export interface Written {
  readonly path: string;
  readonly stats: Stats;
}

/** Writes a small file for the object at `path`, at once; removes it if anything fails. */
export function writeTemp(path: string, bytes: Uint8Array): Written {
  const temp = tempPath(path);
  const fd = openSync(temp, 'wx');
  try {
    try {
      // A write may take less than it was given.
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      return { path: temp, stats: fstatSync(fd) };
    } finally {
      closeSync(fd);
    }
  } catch (err) {
    remove(temp);
    throw err;
  }
}

/** Writes the body and closes the file; removes it if anything fails. */
export async function fillTemp(temp: Temp, body: AsyncIterable<Uint8Array>, sync: boolean): Promise<Written> {
  const { path, handle } = temp;
  try {
    try {
      await writeChunks(handle, body);
      if (sync) await handle.sync();
      return { path, stats: await handle.stat() };
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
export function publish(temp: string, path: string, ifAbsent: boolean): PutResult {
  let renamed = false;
  try {
    if (!ifAbsent) {
      renameSync(temp, path);
      renamed = true;
      return { outcome: 'stored' };
    }
    try {
      linkSync(temp, path);
    } catch (err) {
      const code = systemCode(err) ?? '';
      if (code === 'EEXIST') return { outcome: occupant(path) };
      if (!['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'ENOSYS', 'EMLINK'].includes(code)) throw err;
      if (statSync(path, { throwIfNoEntry: false })?.isFile())
        return { outcome: 'present', conditional: false };
      renameSync(temp, path);
      return { outcome: 'stored', conditional: false };
    }
    return { outcome: 'stored' };
  } finally {
    // After a rename nothing is left to remove: one call to the system less.
    if (!renamed) remove(temp);
  }
}

/** One call to the system, where `rmSync` makes several. */
function remove(temp: string): void {
  try {
    unlinkSync(temp);
  } catch (err) {
    if (systemCode(err) !== 'ENOENT') throw err;
  }
}

/** A directory holds the name, but it is no object. */
function occupant(path: string): 'present' {
  if (statSync(path).isFile()) return 'present';
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

/**
 * The files of entries: written once and synced, read with care, continued line by line.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, rename, rm, writeFile } from 'node:fs/promises';
import { systemCode } from '../fs-path.ts';
import { directoryOf, type Layout } from './layout.ts';
import { isGone } from './spool-error.ts';

/** Of a new entry, in bytes. */
export const MAX_ENTRY: number = 64 * 1024;
/** Of an entry with its history: nothing more is added beyond. */
const MAX_HISTORY = 2 * MAX_ENTRY;

/** A file that was read; the inode is the identity of an entry. */
export interface EntryFile {
  readonly text: string;
  readonly stats: BigIntStats;
}

/** A file that is no entry, and why. */
export class NotAnEntry extends Error {}

const { O_APPEND, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

/**
 * Reads a file, never through a symlink, never waiting for a pipe, never more than there may be.
 *
 * @throws NotAnEntry, and what the system says.
 */
export async function readEntryFile(path: string | Buffer): Promise<EntryFile> {
  const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((err: unknown) => {
    if (systemCode(err) === 'ELOOP') throw new NotAnEntry('it is a symlink');
    if (systemCode(err) === 'ENXIO') throw new NotAnEntry('it is not a file');
    throw err;
  });
  try {
    return await readAll(handle);
  } finally {
    await handle.close();
  }
}

async function readAll(handle: FileHandle): Promise<EntryFile> {
  const stats = await handle.stat({ bigint: true });
  if (!stats.isFile()) throw new NotAnEntry('it is not a file');
  // With room for lines that are added at this moment.
  if (stats.size > 2 * MAX_HISTORY)
    throw new NotAnEntry(`it has ${stats.size} bytes; an entry has at most ${MAX_ENTRY}`);
  const buffer = Buffer.allocUnsafe(Number(stats.size));
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  try {
    return {
      text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(buffer.subarray(0, length)),
      stats,
    };
  } catch {
    throw new NotAnEntry('it is not UTF-8');
  }
}

/** Writes a new file and syncs it; leaves none if that fails. */
export async function writeEntryFile(path: string, text: string, mode: number): Promise<void> {
  const handle = await open(path, 'wx', mode);
  try {
    try {
      // Not by `open`, whose mode the umask cuts.
      await handle.chmod(mode);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (err) {
    await rm(path, { force: true });
    throw err;
  }
}

/**
 * Adds lines to an entry that has not all of them yet. What its writing was cut off at stays a line
 * of its own.
 *
 * @returns `false` when there is no such entry.
 */
export async function appendLines(path: string, lines: readonly string[]): Promise<boolean> {
  const handle = await open(path, O_RDWR | O_APPEND | O_NOFOLLOW).catch((err: unknown) => {
    if (!isGone(err)) throw err;
  });
  if (handle === undefined) return false;
  try {
    const { text } = await readAll(handle);
    const present = new Set(text.split('\n'));
    const missing = lines.filter((line) => !present.has(line));
    if (missing.length === 0 || text.length > MAX_HISTORY) return true;
    await handle.appendFile(`${text.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n`);
    return true;
  } finally {
    await handle.close();
  }
}

/** Moves a file that is no entry to `corrupt/`, with the reason beside it. Gone already is fine. */
export async function setAside(
  layout: Layout,
  path: string | Buffer,
  name: string,
  reason: string,
): Promise<void> {
  // Never in place of one that was set aside before.
  const safe = name.replaceAll(/[^\w+.=?~-]/g, '_').slice(0, 200);
  const target = `${directoryOf(layout, 'corrupt')}/${safe}.${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, target);
  } catch (err) {
    if (isGone(err)) return;
    throw err;
  }
  // The reason is a help; on a full disk it stays away.
  await writeFile(`${target}.reason`, `${reason}\n`, { mode: layout.mode }).catch(() => undefined);
}

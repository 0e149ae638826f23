/**
 * All files below a directory, with their keys.
 *
 * @module
 */
import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkKey } from '../store/key.ts';
import { isAbsent } from './file-store-errors.ts';

/** Whether `list` may show a file of that path. */
export function isKey(path: string): boolean {
  try {
    checkKey(path, 'list');
    return true;
  } catch {
    return false;
  }
}

/** Whether there is a directory, or a link to one. */
export function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

/** Files looked at side by side. */
const BATCH = 64;

/** A file found. */
export interface Found {
  /** Its path relative to the root, `/`-separated. */
  readonly key: string;
  readonly name: string;
  readonly stats: Stats;
}

/**
 * The files below `root`/`below`, where `below` is `''` or ends in a slash. Links are followed, as
 * `get` follows them, but never in circles. What vanishes meanwhile is passed over.
 *
 * @throws the system error when the first directory cannot be read.
 */
export async function* walk(
  root: string,
  below = '',
  ancestors: readonly string[] = [],
): AsyncGenerator<Found> {
  const directory = join(root, below);
  const names = await readdir(directory);
  const { dev, ino } = await stat(directory);
  const chain = [...ancestors, `${dev}:${ino}`];
  for (let i = 0; i < names.length; i += BATCH) {
    const batch = names.slice(i, i + BATCH);
    const all = await Promise.all(batch.map((name) => statOrAbsent(join(directory, name))));
    for (const [j, stats] of all.entries()) {
      const name = batch[j] as string;
      const key = `${below}${name}`;
      if (stats?.isFile()) yield { key, name, stats };
      if (stats?.isDirectory() && !chain.includes(`${stats.dev}:${stats.ino}`)) {
        yield* walkBelow(root, `${key}/`, chain);
      }
    }
  }
}

async function* walkBelow(root: string, below: string, chain: readonly string[]): AsyncGenerator<Found> {
  try {
    yield* walk(root, below, chain);
  } catch (err) {
    if (!isAbsent(err)) throw err;
  }
}

async function statOrAbsent(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (err) {
    if (isAbsent(err)) return undefined;
    throw err;
  }
}

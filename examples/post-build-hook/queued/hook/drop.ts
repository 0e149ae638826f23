/**
 * Dropping entries into a narkit `Spool` without opening it, as its guide describes for shells: files
 * in `new/`, which the next claim takes in. Opening it would take ten times as long, for what only
 * those need who take entries out. Synchronous, for nothing else is to be done meanwhile: starting
 * threads would take longer than all of this.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { hrtime, pid } from 'node:process';

/** What is queued. */
export interface Drop {
  /** A store path, in full. */
  readonly key: string;
  /** Anything more, as JSON. */
  readonly data: unknown;
  readonly tags: readonly string[];
}

const VERSION = 'narkit-spool 1\n';
/** Of the disk, that stay free for what is worth more than a queue; a Spool leaves as much. */
const MIN_FREE_BYTES = 64 * 1024 * 1024;

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Drops entries into the spool in a directory. When this returns they are on the disk; a key that is
 * there already is found so when they are taken in.
 *
 * @throws what the system says, or that it is no spool, or is full. Some may have been dropped.
 */
export function dropEntries(spool: string, entries: readonly Drop[]): void {
  // Nonblocking, for a pipe in that place would never end.
  const version = withFile(`${spool}/version`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, (file) =>
    readFileSync(file, 'utf8'),
  );
  if (version !== VERSION) throw new Error(`${spool} is no queue of a version that this program knows`);
  const { bavail, bsize } = statfsSync(spool);
  if (bavail * bsize < MIN_FREE_BYTES) {
    throw new Error(
      `the disk of ${spool} is full: it has ${bavail * bsize} bytes free, less than ${MIN_FREE_BYTES}`,
    );
  }
  // For the group where the spool is.
  const mode = (lstatSync(spool).mode & 0o020) === 0 ? 0o600 : 0o660;
  for (const [index, entry] of entries.entries()) dropEntry(spool, entry, index, mode);
  withFile(`${spool}/new`, O_RDONLY, fsyncSync);
}

function dropEntry(spool: string, entry: Drop, index: number, mode: number): void {
  const name = `hook.${pid}.${hrtime.bigint()}.${index}`;
  const path = `${spool}/tmp/${name}`;
  try {
    // A new file, never through a link that a member of the group put there.
    withFile(path, 'wx', (file) => {
      // Not by `open`, whose mode the umask cuts.
      fchmodSync(file, mode);
      writeFileSync(file, textOf(entry));
      fsyncSync(file);
    });
    renameSync(path, `${spool}/new/${name}`);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

function textOf({ key, data, tags }: Drop): string {
  const lines = [`key ${key}`, ...tags.map((tag) => `tag ${tag}`)];
  if (data !== undefined) lines.push(`data ${JSON.stringify(data)}`);
  return `${lines.join('\n')}\nend\n`;
}

function withFile<T>(path: string, flags: string | number, work: (file: number) => T): T {
  const file = openSync(path, flags);
  try {
    return work(file);
  } finally {
    closeSync(file);
  }
}

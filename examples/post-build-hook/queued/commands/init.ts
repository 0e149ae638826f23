/**
 * `upload-queue init`: makes the directories that hook and service share, for a group of both. Again
 * on what is there it changes nothing, and says what does not fit.
 *
 * Root runs this, also while the service runs, in directories that the service may write to: it must
 * not be led by a link to give away others. So a queue is made where only root can go, and then moved;
 * and the directory that it is moved to is root's alone.
 */
import { randomUUID } from 'node:crypto';
import { chmod, chown, lstat, mkdir, rename, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { getegid, geteuid } from 'node:process';
import { Spool } from 'narkit/node';
import { type Context, EXIT, type Exit } from './context.ts';
import { groupId } from './group.ts';

export interface InitOptions {
  /** Name or number. */
  readonly group?: string;
}

export async function init({ config, out, err }: Context, options: InitOptions): Promise<Exit> {
  const gid = options.group === undefined ? (getegid?.() ?? 0) : await groupId(options.group);
  const { queueDir, gcRootsDir } = config.queue;
  for (const top of [queueDir, gcRootsDir]) await makeTop(top, gid);
  let fits = true;
  for (const { name } of config.targets) {
    for (const [path, make] of [
      [join(queueDir, name), makeQueue],
      [join(gcRootsDir, name), makeShared],
    ] as const) {
      const made = await make(path, gid);
      const problem = made ? undefined : await misfit(path, gid);
      if (problem === undefined) out(`${made ? 'made' : 'was there'}: ${path}\n`);
      else err(problem);
      fits &&= problem === undefined;
    }
  }
  if (options.group === undefined && geteuid?.() === 0) {
    const what = "for root's own group only: for a service with a user of its own, name its group";
    err(`${what}, as in 'upload-queue init --group nix-upload'`);
  }
  return fits ? EXIT.ok : EXIT.found;
}

/** The directory of all targets: the group looks into it, and only its owner makes targets in it. */
async function makeTop(path: string, gid: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if (await makeDirectory(path, gid, 0o2750)) return;
  const { uid, mode } = await stat(path);
  if (geteuid?.() !== 0) return;
  if (uid !== 0)
    throw new TypeError(`${path} belongs to user ${uid}, and root makes nothing in it: chown root ${path}`);
  if ((mode & 0o022) !== 0) await chmod(path, mode & 0o7755);
}

/** @returns `false` when there was one. */
async function makeQueue(path: string, gid: number): Promise<boolean> {
  // An empty directory is none yet, and making one in it would not be making it where only root can go.
  await rmdir(path).catch(() => undefined);
  if (await exists(path)) return false;
  const hidden = join(dirname(path), `.init-${randomUUID()}`);
  await mkdir(hidden, { mode: 0o700 });
  try {
    const queue = join(hidden, 'queue');
    await (await Spool.open(queue, { group: gid })).close();
    await rename(queue, path);
  } finally {
    await rmdir(hidden).catch(() => undefined);
  }
  return true;
}

/** @returns `false` when there was one. */
async function makeShared(path: string, gid: number): Promise<boolean> {
  return await makeDirectory(path, gid, 0o2770);
}

async function makeDirectory(path: string, gid: number, mode: number): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
    return false;
  }
  await chown(path, -1, gid);
  // Not by `mkdir`, whose mode the umask cuts; and after `chown`, which may take the bit of the group away.
  await chmod(path, mode);
  return true;
}

/** What is wrong with a directory that was there, with the commands that mend it. */
async function misfit(path: string, gid: number): Promise<string | undefined> {
  const stats = await lstat(path);
  if (!stats.isDirectory()) return `${path} is not a directory: remove it, and run this again`;
  const mode = stats.mode & 0o7777;
  if (stats.gid === gid && (mode & 0o2072) === 0o2070) return undefined;
  const what = `${path} has mode ${mode.toString(8)} and group ${stats.gid}, not 2770 and ${gid}`;
  const links = `chmod -R g+rwX,o-rwx ${path} && find ${path} -type d -exec chmod g+s {} +`;
  return `${what}: stop the service, chgrp -R ${gid} ${path} && ${links}`;
}

async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    (error: { code?: string }) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

/**
 * The directories of a spool: making them, and checking that this process can use them.
 *
 * @module
 */
import { constants, type Stats } from 'node:fs';
import {
  access,
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  writeFile,
} from 'node:fs/promises';
import { MissingError, NarkitError } from '../../errors.ts';
import { syncDirectory } from '../file-store-write.ts';
import { systemCode } from '../fs-path.ts';

/** The states of an entry, and what else there is; each is a directory. */
export const DIRECTORIES = [
  'new',
  'queue',
  'delayed',
  'claims',
  'dead',
  'corrupt',
  'keys',
  'tmp',
  'owners',
  'count',
] as const;

/** Text of the file `version`. */
const VERSION = 'narkit-spool 1\n';

/** How to find or make the directories. */
export interface LayoutOptions {
  readonly create: boolean;
  /** Group of a shared spool, `true` for that of the process, `undefined` for a private one. */
  readonly group: number | true | undefined;
  /** Name of a temporary file that nobody else has. */
  readonly temp: string;
}

/** Where a spool is. */
export interface Layout {
  readonly root: string;
  /** Of new files. */
  readonly mode: number;
}

/** The absolute path of a directory of the spool. */
export function directoryOf({ root }: Layout, name: (typeof DIRECTORIES)[number]): string {
  return `${root}/${name}`;
}

/**
 * Opens or makes a spool.
 *
 * @throws MissingError `ERR_MISSING_CONTAINER`; NarkitError `ERR_SPOOL` for what is no spool, or
 *   of another version, or where this process lacks rights.
 */
export async function openLayout(directory: string, options: LayoutOptions): Promise<Layout> {
  if (!options.create && !(await exists(directory))) {
    const text = `there is no spool at ${directory}: create it first, or check the path`;
    throw new MissingError('ERR_MISSING_CONTAINER', text, { subject: directory });
  }
  if (options.create) await mkdir(directory, { recursive: true });
  const root = await realpath(directory);
  const version = await readFile(`${root}/version`, 'utf8').catch(async (err: unknown) => {
    if (systemCode(err) === 'ENOENT') return undefined;
    // Says more, where it is a matter of rights.
    if (systemCode(err) === 'EACCES') await check(root, await lstat(root));
    throw err;
  });
  if (version === undefined) await make(root, options);
  else if (version !== VERSION) {
    const is = JSON.stringify(version.slice(0, 40));
    throw refused(
      `${root}/version is ${is}, and this program knows only ${JSON.stringify(VERSION)}: use one that knows it`,
    );
  }
  const stats = await lstat(root);
  await check(root, stats);
  return { root, mode: (stats.mode & 0o020) === 0 ? 0o600 : 0o660 };
}

async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    (err: unknown) => {
      if (systemCode(err) === 'ENOENT') return false;
      throw err;
    },
  );
}

/** Makes what is missing. Several may do so at once; `version` comes last. */
async function make(root: string, { create, group, temp }: LayoutOptions): Promise<void> {
  const known: readonly string[] = DIRECTORIES;
  const strange = (await readdir(root)).find((name) => !known.includes(name) && name !== 'version');
  if (strange !== undefined || !create) {
    const what = strange === undefined ? "there is no file 'version'" : `'${strange}' is in it`;
    throw refused(`${root} is no spool: ${what}; choose an empty directory`);
  }
  const mode = group === undefined ? 0o700 : 0o2770;
  for (const path of [root, ...DIRECTORIES.map((name) => `${root}/${name}`)]) {
    if (path !== root) await mkdir(path, { recursive: true });
    if (typeof group === 'number') await chown(path, -1, group);
    // Not by `mkdir`, whose mode the umask cuts.
    await chmod(path, mode);
  }
  for (const name of ['added', 'removed']) {
    const path = `${root}/count/${name}`;
    // Another process may be at it too, and further: nothing is cut.
    await writeFile(path, '', { flag: 'a', flush: true });
    await chmod(path, mode & 0o660);
  }
  // `version` last, for then the rest is there, and in one step: others read it meanwhile, or write it too.
  const version = `${root}/tmp/${temp}`;
  await writeFile(version, VERSION, { flag: 'wx', flush: true });
  await chmod(version, mode & 0o660);
  await rename(version, `${root}/version`);
  await syncDirectory(root);
}

/** Real directories, that this process may use and not everybody may. */
async function check(root: string, top: Stats): Promise<void> {
  for (const path of [root, ...DIRECTORIES.map((name) => `${root}/${name}`)]) {
    const stats = path === root ? top : await lstat(path);
    if (!stats.isDirectory()) throw refused(`${path} is not a directory: remove it, and make it one`);
    const mode = (stats.mode & 0o7777).toString(8);
    if ((stats.mode & 0o002) !== 0)
      throw refused(`${path} is writable by everybody (mode ${mode}): chmod o-w ${path}`);
    if ((stats.mode & 0o2020) === 0o020) {
      throw refused(`${path} is for a group, but new files would not be (mode ${mode}): chmod g+s ${path}`);
    }
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK).catch((err: unknown) => {
      const [uid, gid] = [process.geteuid?.(), process.getegid?.()];
      const text = `${path} (mode ${mode}, user ${stats.uid}, group ${stats.gid}) is not for this process (user ${uid}, group ${gid})`;
      throw refused(
        `${text}: let both be in one group, chgrp -R ${root} to it, chmod -R g+rwX ${root}, and chmod g+s the directories`,
        err,
      );
    });
  }
}

function refused(message: string, cause?: unknown): NarkitError {
  return new NarkitError('ERR_SPOOL', message, { cause });
}

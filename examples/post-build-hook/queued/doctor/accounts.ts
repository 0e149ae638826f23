/**
 * Users of this machine, and what they may do with a file.
 */
import { spawn } from 'node:child_process';
import { access, constants, readFile, stat } from 'node:fs/promises';
import { getegid, geteuid } from 'node:process';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export type Right = 'r' | 'w' | 'x';

const FLAG = { r: constants.R_OK, w: constants.W_OK, x: constants.X_OK } as const;

export async function thisAccount(): Promise<Account> {
  const [uid, gid] = [geteuid?.() ?? 0, getegid?.() ?? 0];
  return (await find((account) => account.uid === uid)) ?? { name: `user ${uid}`, uid, gid };
}

export async function accountNamed(name: string): Promise<Account | undefined> {
  return await find((account) => account.name === name);
}

/** The owner of a file; `undefined` where there is none. */
export async function accountOf(file: string): Promise<Account | undefined> {
  const stats = await stat(file).catch(() => undefined);
  if (stats === undefined) return undefined;
  const { uid, gid } = stats;
  return (await find((account) => account.uid === uid)) ?? { name: `user ${uid}`, uid, gid };
}

async function find(wanted: (account: Account) => boolean): Promise<Account | undefined> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  for (const line of text.split('\n')) {
    const [name = '', , uid, gid] = line.split(':');
    const account = { name, uid: Number(uid), gid: Number(gid) };
    if (name !== '' && wanted(account)) return account;
  }
  return undefined;
}

/**
 * Whether an account has all of `rights` for a file, its directories on the way included: `undefined` where that
 * cannot be tried. The kernel is asked, as that user, for only it knows of access lists, mounts and capabilities.
 */
export async function may(
  account: Account,
  rights: readonly Right[],
  file: string,
): Promise<boolean | undefined> {
  if (account.uid === geteuid?.()) {
    const mode = rights.reduce((sum, right) => sum | FLAG[right], 0);
    return await access(file, mode).then(
      () => true,
      () => false,
    );
  }
  if (geteuid?.() !== 0) return undefined;
  const tests = rights.map((right) => `test -${right} "$1"`).join(' && ');
  return await new Promise((resolve) => {
    const { uid, gid } = account;
    const child = spawn('/bin/sh', ['-c', tests, 'sh', file], {
      uid,
      gid,
      cwd: '/',
      stdio: 'ignore',
      env: {},
    });
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => resolve(code === 0));
  });
}

/** The words of `may` for a person. */
export function modeOf(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}

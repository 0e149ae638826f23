/**
 * Groups of this machine.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { plain } from '../text.ts';

/**
 * The number of a group, by its name or number.
 *
 * @throws TypeError that says how to make it.
 */
export async function groupId(group: string): Promise<number> {
  if (/^\d{1,10}$/.test(group)) return Number(group);
  if (!/^[A-Za-z_][\w.-]*\$?$/.test(group)) throw new TypeError(`'${plain(group)}' is no name of a group`);
  // getent also knows of groups in directories of a network; not every machine has it.
  const line =
    (await getent(group)) ??
    (await readFile('/etc/group', 'utf8').catch(() => ''))
      .split('\n')
      .find((one) => one.startsWith(`${group}:`));
  const gid = Number(line?.split(':')[2]);
  if (line !== undefined && Number.isInteger(gid)) return gid;
  throw new TypeError(
    `there is no group '${group}': make it with 'groupadd --system ${group}', and the service's user with 'useradd --system --gid ${group} --home-dir /var/empty --shell /usr/sbin/nologin ${group}'`,
  );
}

async function getent(group: string): Promise<string | undefined> {
  return await new Promise((resolve) => {
    execFile('getent', ['group', group], (error, stdout) => resolve(error === null ? stdout : undefined));
  });
}

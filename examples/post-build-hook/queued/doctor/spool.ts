/**
 * The queue of a target: there, of our version, usable by the service and by the hook, and in good order.
 */
import { readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { isNarkitError } from 'narkit';
import { Spool, type SpoolStats } from 'narkit/node';
import type { TargetConfig } from '../../config.ts';
import { may, modeOf } from './accounts.ts';
import type { Findings, Say } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

/** `Spool` takes no entries with less than 64 MiB free: tell before it comes to that. */
const LOW_BYTES = 512 * 1024 * 1024;
const OLD_MS = 24 * 3600 * 1000;

export async function* spool(target: TargetConfig, around: Surroundings, say: Say): Findings {
  const { config, service, hook } = around;
  if (config === undefined) return;
  const { queueDir } = config.queue;
  const directory = join(queueDir, target.name);
  const init = `upload-queue init --group ${service.gid}, as root`;
  const stats = await stat(directory).catch(() => undefined);
  if (stats === undefined) {
    yield say.error(`there is no queue ${directory}, so hooks queue nothing for ${target.name}`, init);
    return;
  }
  const version = await readFile(`${directory}/version`, 'utf8').catch((error: Error) => error);
  if (version instanceof Error) {
    yield say.error(`${directory} is no queue: ${version.message}`, `if it is empty: ${init}`);
    return;
  }
  for (const [account, who] of [
    [service, 'the service'],
    [hook, 'the hook'],
  ] as const) {
    for (const path of [queueDir, directory, join(directory, 'new'), join(directory, 'tmp')]) {
      if ((await may(account, path === queueDir ? ['r', 'x'] : ['r', 'w', 'x'], path)) !== false) continue;
      const what = `${who}, as ${account.name}, may not use ${path} (mode ${modeOf((await stat(path)).mode)})`;
      yield say.error(
        what,
        `chgrp -R ${service.gid} ${queueDir} && chmod -R g+rwX ${queueDir} && find ${queueDir} -type d -exec chmod g+s {} +`,
      );
      break;
    }
  }
  if (service.uid !== hook.uid && (stats.mode & 0o2000) === 0) {
    const what = `${directory} (mode ${modeOf(stats.mode)}) does not hand its group on, so the service cannot read what the hook writes`;
    yield say.error(what, `find ${queueDir} -type d -exec chmod g+s {} +`);
  }
  // With `hidepid` the processes of root seem to have ended, and what they are writing would be cleared away.
  if ((await may(service, ['r'], '/proc/1/stat')) === false)
    yield say.error(
      `${service.name} does not see the processes of others in /proc, and so takes hooks at work for dead ones`,
      `mount -o remount,hidepid=0 /proc, or the option gid=${service.gid} in its line of /etc/fstab`,
    );
  yield* space(directory, say);
  let counts: SpoolStats;
  try {
    await using opened = await Spool.open(directory, { create: false });
    counts = await opened.stats();
  } catch (error) {
    if (!isNarkitError(error)) throw error;
    yield say.error(error.message, 'do as it says; the doctor sees most as root');
    return;
  }
  yield* order(counts, directory, around, say);
}

async function* space(directory: string, say: Say): Findings {
  const { bavail, bsize, ffree, files } = await statfs(directory);
  const free = bavail * bsize;
  if (free < LOW_BYTES)
    yield say.error(
      `${Math.floor(free / 1e6)} MB are free on the disk of ${directory}; below 67 MB nothing is queued`,
      'df -h; free some, such as: nix-collect-garbage',
    );
  // Some file systems make inodes as they need them, and say 0 of 0.
  else if (files > 0 && ffree < 10_000)
    yield say.error(`${ffree} inodes are free on the disk of ${directory}`, 'df -i; remove files');
}

async function* order(counts: SpoolStats, directory: string, { now }: Surroundings, say: Say): Findings {
  const { queued, delayed, claimed, dead, corrupt, dropped, oldest } = counts;
  const age = oldest === undefined ? 0 : now() - oldest.getTime();
  if (dead > 0)
    yield say.warning(
      `${dead} entries of ${directory} were given up`,
      'upload-queue dead, to see why; upload-queue retry, to try them again',
    );
  if (corrupt > 0)
    yield say.warning(
      `${corrupt} files in ${directory}/corrupt are no entries; each has its reason beside it`,
      `read ${directory}/corrupt/*.reason, queue what they were with: upload-queue add PATH, and remove them`,
    );
  if (age > OLD_MS)
    yield say.error(
      `the oldest entry of ${directory} waits for ${Math.floor(age / 3_600_000)} h`,
      'systemctl status nix-upload-queue; upload-queue status',
    );
  yield say.ok(`${directory}: ${queued + dropped} queued, ${delayed} delayed, ${claimed} claimed`);
}

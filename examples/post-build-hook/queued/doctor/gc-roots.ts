/**
 * The links that keep queued paths from the garbage collector.
 */
import { realpath, stat, statfs } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import type { TargetConfig } from '../../config.ts';
import { may, modeOf } from './accounts.ts';
import type { Findings, Say } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

export async function* gcRoots(target: TargetConfig, around: Surroundings, say: Say): Findings {
  let good = true;
  for await (const finding of problems(target, around, say)) {
    good = false;
    yield finding;
  }
  if (good && around.config !== undefined) yield say.ok(join(around.config.queue.gcRootsDir, target.name));
}

async function* problems(target: TargetConfig, around: Surroundings, say: Say): Findings {
  const { config, configFile, stateDir, service, hook } = around;
  if (config === undefined) return;
  const top = config.queue.gcRootsDir;
  const directory = join(top, target.name);
  const stats = await stat(directory).catch(() => undefined);
  const roots = join(stateDir, 'gcroots');
  if (!resolve(directory).startsWith(roots + sep)) {
    const what = `${directory} is not below ${roots}, so its links keep nothing from the garbage collector`;
    yield say.error(
      what,
      `set gc-roots-dir = ${roots}/nix-upload in ${configFile} and in enqueue-upload.conf`,
    );
  } else if (stats !== undefined && !(await realpath(directory)).startsWith((await realpath(roots)) + sep)) {
    const what = `${directory} leads out of ${roots} by a link: the garbage collector looks there for links, not in there`;
    yield say.error(
      what,
      `make it a directory: rm ${top} && upload-queue init --group ${service.gid}, as root`,
    );
  }
  if (stats === undefined) {
    yield say.error(
      `there is no directory ${directory}, so queued paths may be collected`,
      `upload-queue init --group ${service.gid}, as root`,
    );
    return;
  }
  const mode = modeOf(stats.mode);
  const repair = `chown ${hook.uid}:${service.gid} ${directory} && chmod 2770 ${directory}`;
  for (const [account, who] of [
    [service, 'the service'],
    [hook, 'the hook'],
  ] as const) {
    if ((await may(account, ['r', 'w', 'x'], directory)) === false)
      yield say.error(`${who}, as ${account.name}, may not use ${directory} (mode ${mode})`, repair);
  }
  // The service removes links that root made.
  if ((stats.mode & 0o1000) !== 0 && service.uid !== hook.uid)
    yield say.error(
      `${directory} is sticky (mode ${mode}): the service cannot remove what the hook made`,
      `chmod -t ${directory}`,
    );
  if ((stats.mode & 0o002) !== 0)
    yield say.error(
      `everybody can write into ${directory} (mode ${mode}), and so keep or release any path`,
      repair,
    );
  const { ffree, files } = await statfs(directory);
  if (files > 0 && ffree < 10_000)
    yield say.error(`${ffree} inodes are free on the disk of ${directory}`, 'df -i; remove files');
}

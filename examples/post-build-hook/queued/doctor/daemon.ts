/**
 * What the running daemon knows: it read nix.conf when it started, and its environment is that of the hook.
 */
import { lstat, stat } from 'node:fs/promises';
import { readNixConf } from 'narkit/node';
import type { Findings, Say } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

const RESTART = 'systemctl restart nix-daemon';

export async function* daemon(around: Surroundings, say: Say): Findings {
  const { daemon: process, hook, hookEnv } = around;
  if (process === undefined) {
    yield say.ok('no Nix daemon is running: the next one, or single-user Nix, reads nix.conf as it is now');
    return;
  }
  const { files } = await readNixConf({ env: hookEnv });
  let stale = false;
  for (const file of files) {
    // A link is changed without what it leads to: NixOS and others put links there.
    const changed = Math.max((await lstat(file)).mtimeMs, (await stat(file)).mtimeMs);
    // Its start is known to a hundredth of a second, and the file may be of the same one.
    if (changed <= process.startedAt + 1000) continue;
    stale = true;
    const [then, now] = [process.startedAt, changed].map((time) => new Date(time).toISOString());
    yield say.error(
      `the daemon (process ${process.pid}) runs since ${then}, and ${file} was changed at ${now}`,
      RESTART,
    );
  }
  if (!stale) yield say.ok(`the daemon (process ${process.pid}) started after nix.conf was last changed`);
  if (process.env === undefined) {
    yield say.warning(`the daemon's environment is visible to ${hook.name} only`, 'run the doctor as root');
    return;
  }
  for (const name of ['OUT_PATHS', 'DRV_PATH']) {
    if (process.env[name] === undefined) continue;
    const what = `the daemon's own environment has ${name}, so every hook is told that and not what was built`;
    yield say.error(what, `remove ${name} from the unit (systemctl edit nix-daemon), then: ${RESTART}`);
  }
}

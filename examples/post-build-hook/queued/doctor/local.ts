/**
 * Which way the service gets at the Nix store of this machine.
 */
import { isNarkitError } from 'narkit';
import { localNix } from 'narkit/node';
import type { Findings, Say } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

export async function* local(
  { config, env, storeDir }: Surroundings,
  say: Say,
  signal: AbortSignal,
): Findings {
  const binDir = config?.nixBinDir;
  try {
    await using found = await localNix({
      env,
      storeDir,
      signal,
      ...(binDir === undefined ? {} : { binDir }),
    });
    if (found.kind === 'daemon') yield say.ok(`by its ${found.why}`);
    else
      yield say.warning(
        `by its ${found.kind}, which is slower or needs rights: ${found.why}`,
        'where there is a daemon: systemctl start nix-daemon.socket',
      );
  } catch (error) {
    signal.throwIfAborted();
    if (!isNarkitError(error)) throw error;
    const fix =
      'systemctl start nix-daemon.socket; and where nix.conf has allowed-users, add the user of the service';
    yield say.error(error.message, fix);
  }
}

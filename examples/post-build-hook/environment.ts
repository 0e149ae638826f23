/**
 * What Nix tells a post-build hook: OUT_PATHS and DRV_PATH in the environment.
 */
import { dirname } from 'node:path';
import type { LocalNixStore } from 'narkit/node';
import { parseStorePath, type StorePath } from 'narkit/store-path';

type Environment = Readonly<Record<string, string | undefined>>;

/** The store directory of this build: where its derivation lies. */
export function storeDirOf(environment: Environment): string {
  const [some] = [environment['DRV_PATH'], ...outPaths(environment)].filter(
    (path) => path !== undefined && path !== '',
  );
  if (some === undefined) {
    throw new TypeError(
      'neither DRV_PATH nor OUT_PATHS is set: this program is to be run by Nix, as its post-build-hook',
    );
  }
  return dirname(some);
}

/** The derivation that was built; none where somebody runs the program by hand. */
export function builtDerivation(environment: Environment, storeDir: string): StorePath | undefined {
  const drvPath = environment['DRV_PATH'] ?? '';
  return drvPath === '' ? undefined : parseStorePath(drvPath, { storeDir });
}

/** The outputs that were built. Nix 2.8.0 leaves OUT_PATHS empty; then the derivation is asked. */
export async function builtPaths(
  environment: Environment,
  nix: Pick<LocalNixStore, 'storeDir' | 'outputs'>,
): Promise<StorePath[]> {
  const { storeDir } = nix;
  const outputs = outPaths(environment).map((path) => parseStorePath(path, { storeDir }));
  const drvPath = builtDerivation(environment, storeDir);
  return outputs.length > 0 || drvPath === undefined ? outputs : await nix.outputs(drvPath);
}

function outPaths(environment: Environment): string[] {
  return (environment['OUT_PATHS'] ?? '').split(' ').filter((path) => path !== '');
}

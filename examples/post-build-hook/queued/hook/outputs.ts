/**
 * What was built: OUT_PATHS and the outputs that the derivation itself names.
 *
 * Both are taken. OUT_PATHS is empty in Nix 2.8.0, and where the daemon's own environment has such a
 * variable, Nix leaves that in place of the truth: the `.drv` file cannot be overruled so.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { derivationOutputs, parseDerivation } from 'narkit/derivation';
import { parseStorePath, pathName, printStorePath } from 'narkit/store-path';
import { queryOutputs } from './query-outputs.ts';

/** What is to be queued. */
export interface BuiltOutputs {
  /** Full store paths. */
  readonly paths: readonly string[];
  readonly drvPath: string | undefined;
  /** Why it may not be all. */
  readonly problems: readonly string[];
}

/** Never throws. */
export async function builtOutputs(env: NodeJS.ProcessEnv): Promise<BuiltOutputs> {
  const problems: string[] = [];
  const checked = (paths: readonly string[]): string[] =>
    paths.flatMap((path) => {
      try {
        const storeDir = dirname(path);
        return path === '' ? [] : [printStorePath(parseStorePath(path, { storeDir }), storeDir)];
      } catch (error) {
        problems.push((error as Error).message);
        return [];
      }
    });
  const given = checked((env['OUT_PATHS'] ?? '').split(' '));
  const [drvPath] = checked([env['DRV_PATH'] ?? '']);
  let known: readonly string[] = [];
  if (drvPath !== undefined) {
    try {
      // Of a content-addressed derivation the file does not say; OUT_PATHS then does, if it is of this build.
      known = outputsInFile(drvPath) ?? (areOf(drvPath, given) ? given : await queryOutputs(drvPath));
    } catch (error) {
      if (!areOf(drvPath, given)) problems.push(`no outputs of ${drvPath}: ${(error as Error).message}`);
    }
  } else if (given.length === 0 && problems.length === 0) {
    problems.push('neither DRV_PATH nor OUT_PATHS is set: to be run by Nix, as its post-build-hook');
  }
  return { paths: [...new Set([...known, ...given])], drvPath, problems };
}

/** @returns `undefined` when the file does not say all. */
function outputsInFile(drvPath: string): string[] | undefined {
  const storeDir = dirname(drvPath);
  const outputs = [...derivationOutputs(parseDerivation(readFileSync(drvPath), { storeDir })).values()];
  const known = outputs.filter((path) => path !== undefined);
  return known.length < outputs.length ? undefined : known.map((path) => printStorePath(path, storeDir));
}

/** Whether paths have the names of outputs of a derivation; not so when there are none. */
function areOf(drvPath: string, paths: readonly string[]): boolean {
  const nameOf = (path: string): string => pathName(parseStorePath(path, { storeDir: dirname(path) }));
  const name = nameOf(drvPath).replace(/\.drv$/, '');
  return paths.length > 0 && paths.every((path) => `${nameOf(path)}-`.startsWith(`${name}-`));
}

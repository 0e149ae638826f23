/**
 * Queueing what was built, for every target. The root of the garbage collector comes first: from then
 * on the path stays, and the service finds it even if the entry never came to be.
 */
import { accessSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { dropEntries } from './drop.ts';
import { addRoot } from './gc-roots.ts';
import type { HookConfig } from './hook-config.ts';
import type { BuiltOutputs } from './outputs.ts';

/** Queues and never throws. @returns what went wrong, in a line each; each target is independent. */
export function enqueueBuilt(
  { paths, drvPath }: BuiltOutputs,
  { queueDir, gcRootsDir, tags }: HookConfig,
): string[] {
  if (paths.length === 0) return [];
  const problems: string[] = [];
  /** Does a part of the work; a failure is one of that part. */
  const attempt = <T>(doing: string, work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      problems.push(`${doing}: ${(error as Error).message}`);
      return undefined;
    }
  };
  const addRoots = (target: string): void =>
    attempt(`no garbage collector roots for '${target}'`, () => addRoot(join(gcRootsDir, target), ...paths));
  const data = drvPath === undefined ? undefined : { drvPath };
  const entries = paths.map((key) => ({ key, data, tags }));

  const targets = attempt('not queued', () => targetsIn(queueDir)) ?? [];
  for (const target of targets) {
    addRoots(target);
    attempt(`not queued for '${target}'`, () => dropEntries(join(queueDir, target), entries));
  }
  // Not mounted, or not for us: roots alone let the service find the paths once it is.
  if (targets.length === 0) {
    if (problems.length === 0) problems.push(`not queued: there is no queue of a target in ${queueDir}`);
    attempt('no garbage collector roots', () => readdirSync(gcRootsDir).filter(isTargetName))?.forEach(
      addRoots,
    );
  }
  return problems;
}

function isTargetName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]*$/.test(name);
}

/** Those that were set up to the end: the file `version` is what a spool gets last. */
function targetsIn(queueDir: string): string[] {
  return readdirSync(queueDir).filter((name) => {
    if (!isTargetName(name)) return false;
    try {
      accessSync(join(queueDir, name, 'version'));
      return true;
    } catch (error) {
      // Only what is not there is no target: one that we may not look into is to be told.
      return !['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
    }
  });
}

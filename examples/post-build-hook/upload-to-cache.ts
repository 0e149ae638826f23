/**
 * A post-build hook for Nix: signs what was just built, with its whole closure, and uploads it to
 * binary caches. See README.md beside this file.
 *
 * Like the hook of the Nix manual it runs inside the build loop: when an upload fails, so does the
 * build command, unless `on-error = ignore`.
 */
import process, { argv, env, exit, stderr } from 'node:process';
import { isNarkitError } from 'narkit';
import type { StorePath } from 'narkit/store-path';
import { orAbandon } from './abandon.ts';
import type { Config, TargetConfig } from './config.ts';
import { builtDerivation, builtPaths, storeDirOf } from './environment.ts';
import { readFlags } from './flags.ts';
import { LocalStore } from './local-store.ts';
import { type Built, openPublisher } from './publisher.ts';
import { Report } from './report.ts';

const line = (text: string): boolean => stderr.write(`${text}\n`);

async function main(): Promise<number> {
  const config = await readFlags(argv);
  const { timeoutMs, onError, targets } = config;
  const clock = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  let failures: readonly Failure[];
  try {
    failures = await publishTo(config, clock ?? new AbortController().signal);
  } catch (error) {
    failures = [{ target: undefined, error }];
  }
  for (const { target, error } of failures) {
    const whose = targets.length > 1 && target !== undefined ? `${target.name}: ` : '';
    const late = error !== undefined && error === clock?.reason;
    const text = late ? `not done within ${(timeoutMs ?? 0) / 1000} s, given up` : messageOf(error);
    line(`upload-to-cache: ${whose}${text}`);
  }
  return failures.length === 0 || onError === 'ignore' ? 0 : 1;
}

interface Failure {
  /** What failed may be before all targets. */
  readonly target: TargetConfig | undefined;
  readonly error: unknown;
}

/** Publishes to all targets at once; what happens to one is nothing to the others. */
async function publishTo(config: Config, signal: AbortSignal): Promise<Failure[]> {
  const builtIn = storeDirOf(env);
  const { nixBinDir, targets, storeDir = builtIn } = config;
  const outputs = async (drvPath: StorePath): Promise<StorePath[]> => {
    await using local = await LocalStore.open({ storeDir, nixBinDir });
    return await local.outputs(drvPath, signal);
  };
  const paths = await orAbandon(builtPaths(env, { storeDir, outputs }), signal);
  if (paths.length === 0) return [];
  const drvPath = builtDerivation(env, storeDir);
  const built = paths.map((path): Built => ({ path, drvPath }));

  const publishOne = async (target: TargetConfig): Promise<void> => {
    await using publisher = await openPublisher(target, { storeDir, nixBinDir });
    const report = new Report((text) => line(targets.length > 1 ? `${target.name}: ${text}` : text));
    const published = await publisher.publish(built, { signal, onEvent: (event) => report.event(event) });
    report.finish(published, publisher.cacheName);
  };
  const results = await Promise.allSettled(targets.map((target) => orAbandon(publishOne(target), signal)));
  return targets.flatMap((target, index) => {
    const result = results[index];
    return result?.status === 'rejected' ? [{ target, error: result.reason as unknown }] : [];
  });
}

/** A known failure needs no stack trace: its message says what, where and what to do. */
function messageOf(error: unknown): string {
  return isNarkitError(error) || error instanceof TypeError ? error.message : String((error as Error).stack);
}

// Node.js 22 warns that its SQLite is young, which says nothing to those who watch a build.
process.removeAllListeners('warning');

main().then(exit, (error: unknown) => {
  line(`upload-to-cache: ${messageOf(error)}`);
  exit(1);
});

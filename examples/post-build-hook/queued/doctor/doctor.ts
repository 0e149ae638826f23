/**
 * `upload-queue doctor`: looks at the whole set-up and says what to change. Each check is on its own:
 * one that fails or hangs is a finding, and the others still run.
 */
import type { Config } from '../../config.ts';
import { conflicts } from './conflicts.ts';
import { daemon } from './daemon.ts';
import { type Finding, type Findings, type Say, saying } from './finding.ts';
import { gcRoots } from './gc-roots.ts';
import { hookProgram } from './hook-program.ts';
import { keys } from './keys.ts';
import { local } from './local.ts';
import { hookSetting } from './nix-conf.ts';
import { secretless } from './secretless.ts';
import { spool } from './spool.ts';
import { type DoctorOptions, type Surroundings, surroundings } from './surroundings.ts';
import { target } from './target.ts';
import { trust } from './trust.ts';

export type { Finding } from './finding.ts';
export type { DoctorOptions } from './surroundings.ts';

/** A check of something; `signal` ends when its time is over. */
type Check = readonly [name: string, run: (around: Surroundings, say: Say, signal: AbortSignal) => Findings];

/** For cleaning up, and for telling what was seen, after the time of a check is over. */
const GRACE_MS = 5000;

/**
 * Findings in the order of the checks, each as soon as it is there. Never throws for what is wrong with
 * the set-up.
 *
 * @param config settings of the service; or the error that they could not be read for, which is then the first
 *   finding, and what needs no settings is checked all the same
 */
export async function* runDoctor(
  config: Config | Error,
  options: DoctorOptions = {},
): AsyncGenerator<Finding> {
  const { timeoutMs = 20_000, signal } = options;
  const say = saying('configuration');
  if (config instanceof Error)
    yield secretless(say.error(config.message, `edit ${options.configFile ?? 'upload-queue.conf'}`));
  const around = await surroundings(config instanceof Error ? undefined : config, options);
  for (const check of checksOf(around)) {
    signal?.throwIfAborted();
    for await (const finding of isolated(check, around, timeoutMs, signal)) yield secretless(finding);
  }
}

function checksOf({ config }: Surroundings): Check[] {
  const always: Check[] = [
    ['nix.conf', hookSetting],
    ['hook', hookProgram],
    ['daemon', daemon],
    ['local Nix', local],
  ];
  if (config === undefined) return always;
  return [
    ...always,
    ['configuration', conflicts],
    ['keys', keys],
    ['trust', trust],
    ...config.targets.map((one): Check => [`spool ${one.name}`, (seen, say) => spool(one, seen, say)]),
    ...config.targets.map((one): Check => [`gc roots ${one.name}`, (seen, say) => gcRoots(one, seen, say)]),
    ...config.targets.map((one): Check => [`target ${one.name}`, (...rest) => target(one, ...rest)]),
  ];
}

async function* isolated(
  [name, run]: Check,
  around: Surroundings,
  timeoutMs: number,
  outer: AbortSignal | undefined,
): AsyncGenerator<Finding> {
  const say = saying(name);
  const over = AbortSignal.timeout(timeoutMs);
  const signal = outer === undefined ? over : AbortSignal.any([over, outer]);
  const deadline = Promise.withResolvers<'late'>();
  // Not unref'd: a check may wait for something that keeps no process alive.
  const timer = setTimeout(() => deadline.resolve('late'), timeoutMs + GRACE_MS);
  const findings = run(around, say, signal)[Symbol.asyncIterator]();
  const late = say.error(
    `no answer within ${timeoutMs / 1000} s`,
    'find out what hangs: the disk, the network, or the daemon; and run the doctor again',
  );
  try {
    while (true) {
      const next = findings.next();
      // When it comes late, nobody waits for it any more.
      next.catch(() => {});
      const result = await Promise.race([next, deadline.promise]);
      if (result === 'late') return yield late;
      if (result.done) return;
      yield result.value;
    }
  } catch (error) {
    if (over.aborted) yield late;
    else if (outer?.aborted) throw error;
    else
      yield say.error(
        `the check itself failed: ${textOf(error)}`,
        'mend what it says and run the doctor again',
      );
  } finally {
    clearTimeout(timer);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

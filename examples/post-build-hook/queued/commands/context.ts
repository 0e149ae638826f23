/**
 * What the commands share: settings, where they write, and the queues of the targets.
 */
import { join } from 'node:path';
import { isNarkitError } from 'narkit';
import { Spool } from 'narkit/node';
import type { Config, TargetConfig } from '../../config.ts';
import { didYouMean } from '../../nearest.ts';
import { plain } from '../text.ts';

/** Exit statuses. */
export const EXIT = {
  ok: 0,
  /** What was asked about is not well: a dead entry, an error that the doctor found, a path that is not there. */
  found: 1,
  /** The time given to `wait` or `drain` is over. */
  timeout: 2,
  /** The command could not do its work: wrong arguments, settings, rights. */
  failed: 3,
} as const;

export type Exit = (typeof EXIT)[keyof typeof EXIT];

export interface Context {
  readonly config: Config;
  readonly configFile: string;
  /** Results. */
  readonly out: (text: string) => void;
  /** Everything else. */
  readonly err: (text: string) => void;
}

/** A target and its queue. */
export interface Queue {
  readonly target: TargetConfig;
  readonly spool: Spool;
  /** Directory of the roots of what is queued. */
  readonly rootsDir: string;
}

/** The targets of the settings, or the one of that name. */
export function targetsOf(
  { config, configFile }: Context,
  only: string | undefined,
): readonly TargetConfig[] {
  if (only === undefined) return config.targets;
  const found = config.targets.filter(({ name }) => name === only);
  if (found.length > 0) return found;
  const names = config.targets.map(({ name }) => name);
  throw new TypeError(
    `${configFile} has no target '${plain(only)}'${didYouMean(only, names)}: it has ${names.join(', ')}`,
  );
}

/** Opens the queue of a target. Never makes one: that is for `init`, with the right owner and group. */
export async function openQueue({ config }: Context, target: TargetConfig): Promise<Queue> {
  const { queueDir, gcRootsDir } = config.queue;
  try {
    const spool = await Spool.open(join(queueDir, target.name), { create: false });
    return { target, spool, rootsDir: join(gcRootsDir, target.name) };
  } catch (error) {
    if (!isNarkitError(error, 'ERR_MISSING_CONTAINER')) throw error;
    throw new TypeError(
      `there is no queue for target '${target.name}' at ${join(queueDir, target.name)}: make it with 'upload-queue init', as root`,
    );
  }
}

/** Runs `work` with the queues of all targets, or of one, open. */
export async function withQueues<T>(
  context: Context,
  only: string | undefined,
  work: (queues: readonly Queue[]) => Promise<T>,
): Promise<T> {
  const queues: Queue[] = [];
  try {
    for (const target of targetsOf(context, only)) queues.push(await openQueue(context, target));
    return await work(queues);
  } finally {
    for (const { spool } of queues) await spool.close();
  }
}

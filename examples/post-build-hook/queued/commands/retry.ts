/**
 * `upload-queue retry`: what was given up is tried again, with all its attempts before it.
 *
 * What is delayed is left alone: it is tried at its time, and at once when it was the target that failed.
 */
import { counted, plain } from '../text.ts';
import { type Context, EXIT, type Exit, type Queue, withQueues } from './context.ts';

export interface RetryOptions {
  readonly target?: string;
}

/** @param keys Store paths; none: all that were given up. */
export async function retry(context: Context, keys: readonly string[], options: RetryOptions): Promise<Exit> {
  return await withQueues(context, options.target, async (queues) => {
    if (keys.length === 0) {
      for (const { target, spool } of queues)
        context.out(`${target.name}: queued ${counted(await spool.redrive(), 'path')} again\n`);
      return EXIT.ok;
    }
    let exit: Exit = EXIT.ok;
    for (const key of keys) {
      const again = await redriveIn(queues, key);
      if (again.length > 0) context.out(`queued again for ${again.join(', ')}: ${plain(key)}\n`);
      else {
        context.err(`not among what was given up: ${plain(key)} ('upload-queue dead' shows what is)`);
        exit = EXIT.found;
      }
    }
    return exit;
  });
}

/** @returns the targets that had given it up. */
async function redriveIn(queues: readonly Queue[], key: string): Promise<string[]> {
  const names: string[] = [];
  for (const { target, spool } of queues) if ((await spool.redrive(key)) > 0) names.push(target.name);
  return names;
}

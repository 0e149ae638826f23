/**
 * `upload-queue wait` and `drain`: until the service has done its work.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { durationText, plain } from '../text.ts';
import { type Context, EXIT, type Exit, type Queue, withQueues } from './context.ts';
import { serviceStatus } from './service-status.ts';
import { lookAt, type Waiting, waitingText } from './waiting.ts';

export interface WaitOptions {
  readonly tag?: string;
  readonly target?: string;
  /** Milliseconds. @default for ever */
  readonly timeout?: number;
}

/** How often is looked, and when it is said that nothing moves. */
export interface WaitPace {
  readonly pollMs?: number;
  readonly stallMs?: number;
}

/** Until nothing with the tag waits. A path that was given up ends it at once: waiting will not help. */
export async function wait(context: Context, options: WaitOptions, pace: WaitPace = {}): Promise<Exit> {
  return await until(context, options, pace, (seen) => seen.dead.length > 0);
}

/** Until nothing waits, whatever was given up on the way. */
export async function drain(
  context: Context,
  options: Omit<WaitOptions, 'tag'>,
  pace: WaitPace = {},
): Promise<Exit> {
  return await until(context, options, pace, () => false);
}

async function until(
  context: Context,
  { tag, target, timeout = Number.POSITIVE_INFINITY }: WaitOptions,
  { pollMs = 500, stallMs = 30_000 }: WaitPace,
  hopeless: (seen: Waiting) => boolean,
): Promise<Exit> {
  return await withQueues(context, target, async (queues) => {
    const began = performance.now();
    let movedAt = began;
    let before = -1;
    for (;;) {
      const lookedAt = performance.now();
      const seen = await lookAt(queues, tag);
      const now = performance.now();
      if (hopeless(seen)) return givenUp(context, seen);
      if (seen.count === 0) return seen.dead.length > 0 ? givenUp(context, seen) : EXIT.ok;
      if (now - began >= timeout) {
        context.err(`the time is over; ${waitingText(seen)}`);
        return EXIT.timeout;
      }
      if (seen.count !== before) movedAt = now;
      before = seen.count;
      if (now - movedAt >= stallMs) {
        context.err(await stalled(context, queues, seen, stallMs));
        movedAt = now;
      }
      // Looking at a very long queue takes a while, and is not to slow down who works on it.
      const pause = Math.max(pollMs, 5 * (now - lookedAt));
      await sleep(Math.min(pause, Math.max(1, timeout - (now - began))));
    }
  });
}

function givenUp(context: Context, { dead }: Waiting): Exit {
  for (const { target, key, reason } of dead)
    context.err(`${target}: given up: ${plain(key)}: ${plain(reason)}`);
  return EXIT.found;
}

/** Why that may be, as far as it can be seen from here. */
async function stalled(
  context: Context,
  queues: readonly Queue[],
  seen: Waiting,
  stallMs: number,
): Promise<string> {
  const service = await serviceStatus(context.config.queue.listen);
  const down = queues.flatMap(({ target: { name } }) => {
    const answer = service.targets.get(name);
    return answer?.up === false ? [`${name} does not answer: ${plain(answer.error ?? 'no reason')}`] : [];
  });
  const why = down.length > 0 ? down.join('; ') : `the service: ${service.text}`;
  return `nothing has moved for ${durationText(stallMs)}: ${waitingText(seen)}; ${why}`;
}

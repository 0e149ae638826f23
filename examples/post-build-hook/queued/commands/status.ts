/**
 * `upload-queue status`: how much there is in each queue, and whether its target answers.
 */
import { join } from 'node:path';
import type { SpoolStats } from 'narkit/node';
import type { TargetConfig } from '../../config.ts';
import { counted, durationText, plain, tableText } from '../text.ts';
import { type Context, EXIT, type Exit, openQueue, targetsOf } from './context.ts';
import { type ServiceAnswer, serviceStatus } from './service-status.ts';

export interface StatusOptions {
  readonly json?: boolean;
  readonly target?: string;
}

interface Row {
  readonly target: TargetConfig;
  readonly stats: SpoolStats | undefined;
  readonly problem: string | undefined;
}

const STATES = ['queued', 'delayed', 'claimed', 'dead', 'corrupt'] as const;

export async function status(context: Context, options: StatusOptions): Promise<Exit> {
  const targets = targetsOf(context, options.target);
  const [service, rows] = await Promise.all([
    serviceStatus(context.config.queue.listen),
    Promise.all(targets.map(async (target) => await look(context, target))),
  ]);
  context.out(options.json ? json(rows, service) : text(context, rows, service));
  // One queue that cannot be read hides nothing of the others.
  return rows.some(({ problem }) => problem !== undefined) ? EXIT.failed : EXIT.ok;
}

async function look(context: Context, target: TargetConfig): Promise<Row> {
  try {
    const { spool } = await openQueue(context, target);
    await using _ = spool;
    return { target, stats: await spool.stats(), problem: undefined };
  } catch (error) {
    return { target, stats: undefined, problem: (error as Error).message };
  }
}

function json(rows: readonly Row[], service: ServiceAnswer): string {
  const { state, url, problem } = service;
  const targets = rows.map(({ target: { name }, stats, problem: error }) => {
    const seen = service.targets.get(name);
    return {
      name,
      ...Object.fromEntries(STATES.map((key) => [key, stats && queuedOf(stats, key)])),
      oldest: stats?.oldest?.toISOString() ?? null,
      up: seen?.up ?? null,
      downReason: seen?.error ?? null,
      error: error ?? null,
    };
  });
  return `${JSON.stringify({ service: { state, url: url ?? null, problem: problem ?? null }, targets }, null, 2)}\n`;
}

function text({ config }: Context, rows: readonly Row[], service: ServiceAnswer): string {
  const cells = rows.map(({ target: { name }, stats }) => {
    const seen = service.targets.get(name);
    const up = seen?.up === undefined ? '-' : seen.up ? 'up' : 'down';
    const oldest = stats?.oldest === undefined ? '-' : durationText(Date.now() - stats.oldest.getTime());
    return [name, ...STATES.map((key) => (stats ? String(queuedOf(stats, key)) : '?')), oldest, up];
  });
  let out = tableText(
    [['TARGET', ...STATES.map((key) => key.toUpperCase()), 'OLDEST', 'STATE'], ...cells],
    RIGHT,
  );
  for (const { target, stats, problem } of rows) {
    const down = service.targets.get(target.name)?.error;
    if (problem !== undefined) out += `${target.name}: ${plain(problem)}\n`;
    if (down !== undefined) out += `${target.name}: does not answer: ${plain(down)}\n`;
    if (stats !== undefined && stats.dead > 0)
      out += `${target.name}: ${counted(stats.dead, 'path')} given up; 'upload-queue dead' says why\n`;
    if (stats !== undefined && stats.corrupt > 0)
      out += `${target.name}: what is no entry is in ${join(config.queue.queueDir, target.name)}/corrupt, with the reasons\n`;
  }
  return `${out}service: ${service.text}\n`;
}

const RIGHT = new Set([1, 2, 3, 4, 5]);

/** What was dropped in by a shell waits too, though nobody has taken it into the order yet. */
function queuedOf(stats: SpoolStats, key: (typeof STATES)[number]): number {
  return key === 'queued' ? stats.queued + stats.dropped : stats[key];
}

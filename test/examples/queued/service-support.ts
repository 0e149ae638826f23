/**
 * A worker or a service on a real spool and real roots, with a publisher that does what a test says.
 */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Spool } from 'narkit/node';
import { DEFAULT_STORE_DIR, printStorePath } from 'narkit/store-path';
import type {
  Built,
  PublishCall,
  Published,
  TargetPublisher,
} from '../../../examples/post-build-hook/publisher.ts';
import type { ServiceEvent } from '../../../examples/post-build-hook/queued/events.ts';
import { addRoot } from '../../../examples/post-build-hook/queued/hook/gc-roots.ts';
import {
  TargetWorker,
  type WorkerOptions,
  type WorkerSettings,
} from '../../../examples/post-build-hook/queued/service/worker.ts';
import { items, spoolDir } from '../../node/spool/support.ts';
import { pathOf } from '../../support/infos.ts';

export { items };
export type Suite = { after(work: () => unknown): void };

/** What a test has started ends before its directory is removed, the last first. */
export function endings(t: Suite): (end: () => Promise<unknown>) => void {
  const ends: (() => Promise<unknown>)[] = [];
  t.after(async () => {
    for (const end of ends.toReversed()) await end();
  });
  return (end) => ends.push(end);
}

/** An error about the target. */
export class Outage extends Error {}
export const isOutage = (error: unknown): boolean => error instanceof Outage;

export const keyOf = (name: string): string => printStorePath(pathOf(name), DEFAULT_STORE_DIR);
const NOTHING: Published = { receipts: [], skipped: [] };

/** Does what `act` says, which gets the keys that are to be published. */
export class FakePublisher implements TargetPublisher {
  readonly name: string;
  readonly cacheName = 'fake://cache';
  readonly why = 'a test';
  readonly calls: string[][] = [];
  probes = 0;
  disposed = 0;
  storeDir: string = DEFAULT_STORE_DIR;
  act: (keys: readonly string[], call: PublishCall) => Promise<Published | undefined> | undefined = () =>
    undefined;
  onProbe: () => Promise<void> | undefined = () => undefined;
  onReload: () => boolean = () => false;

  constructor(name = 'cache') {
    this.name = name;
  }

  async publish(built: readonly Built[], call: PublishCall = {}): Promise<Published> {
    const keys = built.map(({ path }) => printStorePath(path, this.storeDir));
    this.calls.push(keys);
    return (await this.act(keys, call)) ?? NOTHING;
  }

  async probe(): Promise<void> {
    this.probes++;
    await this.onProbe();
  }

  async reload(): Promise<boolean> {
    return this.onReload();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed++;
  }
}

/** Fails whenever one of these is among what is to be published. */
export function poison(...bad: string[]): FakePublisher['act'] {
  return (keys) => {
    const found = keys.filter((key) => bad.includes(key));
    if (found.length > 0) return Promise.reject(new Error(`poisoned by ${found.length}`));
    return undefined;
  };
}

export const QUICK: WorkerSettings = { batch: 8, maxAttempts: 3, retryMinMs: 2, retryMaxMs: 10 };

export interface WorkerWorld {
  readonly directory: string;
  readonly spool: Spool;
  readonly rootsDir: string;
  readonly publisher: FakePublisher;
  readonly events: ServiceEvent[];
  readonly worker: TargetWorker;
  /** Queues paths of these names, with roots; returns their keys. */
  queue(...names: string[]): Promise<string[]>;
}

export async function workerWorld(
  t: Suite,
  options: Partial<Omit<WorkerOptions, 'settings'>> & { settings?: Partial<WorkerSettings> } = {},
): Promise<WorkerWorld> {
  const atEnd = endings(t);
  const directory = await spoolDir(t);
  const rootsDir = join(directory, 'roots');
  await mkdir(rootsDir);
  const spool =
    options.spool ?? (await Spool.open(join(directory, 'spool'), { minFreeBytes: 0, pollMs: 20 }));
  const publisher = (options.publisher as FakePublisher | undefined) ?? new FakePublisher();
  const events: ServiceEvent[] = [];
  const worker = new TargetWorker({
    spool,
    rootsDir,
    storeDir: DEFAULT_STORE_DIR,
    isTargetDown: isOutage,
    tell: (event) => events.push(event),
    ...options,
    publisher,
    settings: { ...QUICK, ...options.settings },
  });
  atEnd(() => spool.close());
  atEnd(() => worker.stop(0));
  const queue = async (...names: string[]): Promise<string[]> => {
    const keys = names.map(keyOf);
    await addRoot(rootsDir, ...keys);
    // One after the other: their order is that of the claims.
    for (const key of keys) await spool.enqueue({ key });
    return keys;
  };
  return { directory, spool, rootsDir, publisher, events, worker, queue };
}

export async function until(what: string, done: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await done())) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await setTimeout(5);
  }
}

/** Until nothing waits. */
export async function drained(spool: Spool): Promise<void> {
  await until('the queue is empty', async () => {
    // Not by its counts: what moves from one directory to another meanwhile may be in neither.
    const dead = await readdir(join(spool.directory, 'dead'));
    return (await readdir(join(spool.directory, 'keys'))).length === dead.length;
  });
}

export function of<T extends ServiceEvent['type']>(
  events: readonly ServiceEvent[],
  type: T,
): (ServiceEvent & { type: T })[] {
  return events.filter((event): event is ServiceEvent & { type: T } => event.type === type);
}

export async function rootKeys(rootsDir: string): Promise<string[]> {
  return (await readdir(rootsDir)).map((name) => `${DEFAULT_STORE_DIR}/${name}`).sort();
}

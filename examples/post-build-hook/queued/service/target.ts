/**
 * One target of the service, from its settings to its end: a queue, a publisher and their worker.
 */
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Spool, type SpoolStats } from 'narkit/node';
import type { StoreDir } from 'narkit/store-path';
import { orAbandon } from '../../abandon.ts';
import type { QueueConfig, TargetConfig } from '../../config.ts';
import type { OpenPublisherOptions, TargetPublisher } from '../../publisher.ts';
import type { Tell } from '../events.ts';
import { Availability } from './availability.ts';
import { messageOf } from './entries.ts';
import { keepSweeping } from './sweeping.ts';
import { TargetWorker, type WorkerState } from './worker.ts';

/** What all targets share. */
export interface TargetContext {
  readonly queue: QueueConfig;
  readonly storeDir: StoreDir;
  readonly nixBinDir: string | undefined;
  readonly tell: Tell;
  readonly open: (target: TargetConfig, options: OpenPublisherOptions) => Promise<TargetPublisher>;
  readonly isTargetDown: (error: unknown) => boolean;
  /** Make the queue and the directory of roots where there are none. */
  readonly create: boolean;
  readonly sweepMs: number;
}

/** How a target is. */
export interface TargetState extends WorkerState {
  readonly name: string;
  /** `undefined` until it is open. */
  readonly cache: string | undefined;
  /** What is in its queue; `undefined` when that cannot be read. */
  readonly queue: SpoolStats | undefined;
}

export class Target {
  readonly config: TargetConfig;
  readonly #context: TargetContext;
  readonly #ending = new AbortController();
  /** Whether it can be opened; from then on the worker knows. */
  readonly #opening: Availability;
  #spool: Spool | undefined;
  #publisher: TargetPublisher | undefined;
  #worker: TargetWorker | undefined;
  #running: Promise<void> | undefined;

  constructor(config: TargetConfig, context: TargetContext) {
    this.config = config;
    this.#context = context;
    this.#opening = new Availability(config.name, context.queue, context.tell);
  }

  /** Whether it has been opened: what is not may be replaced without loss. */
  get isOpen(): boolean {
    return this.#worker !== undefined;
  }

  /** Whether a target of those settings would be the same. */
  equals(config: TargetConfig, context: TargetContext): boolean {
    return isDeepStrictEqual(identity(this.config, this.#context), identity(config, context));
  }

  /** Opens the queue and the cache. @throws when that is not possible now. */
  async open(): Promise<void> {
    const { storeDir, nixBinDir, open } = this.#context;
    const signal = this.#ending.signal;
    this.#spool ??= await this.#openSpool();
    const opening = open(this.config, { storeDir, nixBinDir });
    try {
      this.#publisher = await orAbandon(opening, signal, 0);
    } catch (error) {
      // If it opens after all, when nobody waits any longer.
      if (signal.aborted) opening.then(dispose, () => undefined);
      throw error;
    }
  }

  /** Works until it is stopped, and then puts everything away. */
  run(): Promise<void> {
    this.#running ??= this.#live();
    return this.#running;
  }

  /** As the worker's. One that does not run yet never will. */
  async stop(timeoutMs: number): Promise<void> {
    this.#ending.abort();
    await Promise.all([this.#worker?.stop(timeoutMs), this.run()]);
  }

  /** Has changed key files read. */
  async reloadKeys(): Promise<void> {
    await this.#worker?.reloadKeys();
  }

  async state(): Promise<TargetState> {
    const opening: WorkerState = { ...this.#opening.state, lastSuccess: undefined, inFlight: [] };
    return {
      name: this.config.name,
      cache: this.#publisher?.cacheName,
      ...(this.#worker?.state ?? opening),
      queue: await this.#spool?.stats().catch(() => undefined),
    };
  }

  async #live(): Promise<void> {
    try {
      await this.#openAtLast();
      const [spool, publisher] = [this.#spool, this.#publisher];
      if (spool === undefined || publisher === undefined || this.#ending.signal.aborted) return;
      const { name, cacheName: cache, why } = publisher;
      const { queue, storeDir, isTargetDown, tell, sweepMs: everyMs } = this.#context;
      const rootsDir = join(queue.gcRootsDir, name);
      tell({ type: 'start', target: name, cache, why });
      this.#opening.up();
      this.#worker = new TargetWorker({
        publisher,
        spool,
        storeDir,
        rootsDir,
        settings: queue,
        isTargetDown,
        tell,
      });
      const sweeping = {
        target: name,
        spool,
        rootsDir,
        storeDir,
        everyMs,
        tell,
        signal: this.#ending.signal,
      };
      await Promise.all([this.#worker.run(), keepSweeping(sweeping)]);
    } finally {
      await this.#putAway();
    }
  }

  /** A bad key file or a directory without rights may be put right while we wait. */
  async #openAtLast(): Promise<void> {
    const signal = this.#ending.signal;
    while (this.#publisher === undefined && !signal.aborted) {
      try {
        await this.open();
      } catch (error) {
        if (signal.aborted) return;
        this.#opening.down(messageOf(error));
        await setTimeout(this.#opening.pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #openSpool(): Promise<Spool> {
    const { queue, create } = this.#context;
    const { name } = this.config;
    // For the group of this process: the hook is of another user, and what root queues must be readable here.
    const spool = await Spool.open(join(queue.queueDir, name), { create, group: true });
    if (create) {
      await makeShared(join(queue.gcRootsDir, name)).catch((error: unknown) => this.#trouble(error));
    }
    return spool;
  }

  async #putAway(): Promise<void> {
    if (this.#publisher !== undefined) {
      // A connection that does not close must not keep the service.
      const closing = dispose(this.#publisher);
      await orAbandon(closing, AbortSignal.timeout(2000), 0).catch((error: unknown) => this.#trouble(error));
    }
    await this.#spool?.close().catch((error: unknown) => this.#trouble(error));
  }

  #trouble(error: unknown): void {
    this.#context.tell({ type: 'trouble', target: this.config.name, error: messageOf(error) });
  }
}

/** One that is there stays as it is. */
async function makeShared(directory: string): Promise<void> {
  const made = await mkdir(directory, { recursive: true });
  // Not by `mkdir`, whose mode the umask cuts.
  if (made !== undefined) await chmod(directory, 0o2770);
}

async function dispose(publisher: TargetPublisher): Promise<void> {
  await publisher[Symbol.asyncDispose]();
}

/** All that decides how a target works. */
function identity(config: TargetConfig, { queue, storeDir, nixBinDir }: TargetContext): unknown {
  const { listen, logFormat, stopTimeoutMs, ...rest } = queue;
  return { ...config, cacheUrl: config.cacheUrl(storeDir), queue: rest, storeDir, nixBinDir };
}

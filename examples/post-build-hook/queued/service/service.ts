/**
 * The service: for each target of the settings a worker that goes its own way.
 */
import { DEFAULT_STORE_DIR } from 'narkit/store-path';
import type { Config, TargetConfig } from '../../config.ts';
import { isTargetDown, openPublisher } from '../../publisher.ts';
import type { Tell } from '../events.ts';
import { messageOf } from './entries.ts';
import { Target, type TargetContext, type TargetState } from './target.ts';

/** Between two looks for roots without an entry. */
const SWEEP_MS = 10 * 60_000;

export interface ServiceOptions {
  /** Told of everything that happens; must not throw. */
  readonly tell: Tell;
  /** Make queues and directories of roots where there are none. @default true */
  readonly create?: boolean;
  /** @default openPublisher */
  readonly open?: TargetContext['open'];
  /** @default isTargetDown of the publisher */
  readonly isTargetDown?: (error: unknown) => boolean;
  /** Milliseconds between two looks for roots without an entry. @default 600,000 */
  readonly sweepMs?: number;
}

/** How the service is. */
export interface ServiceState {
  readonly stopping: boolean;
  readonly targets: readonly TargetState[];
}

export class Service {
  readonly #options: ServiceOptions;
  readonly #targets = new Map<string, Target>();
  #config: Config;
  #turn: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  private constructor(config: Config, options: ServiceOptions) {
    this.#config = config;
    this.#options = options;
  }

  /** Starts a worker for each target. One that cannot be opened is tried again; it keeps no other. */
  static start(config: Config, options: ServiceOptions): Service {
    const service = new Service(config, options);
    for (const target of config.targets) service.#launch(service.#make(target, config));
    return service;
  }

  /**
   * Takes over new settings, and keys whose files changed: targets that are new are started, those that
   * are gone are stopped, those that changed are replaced between two batches. One whose new settings do
   * not work goes on with the old ones.
   */
  async reload(config: Config): Promise<void> {
    // One after the other: each compares with what the one before has made.
    this.#turn = this.#turn.then(() => this.#reload(config));
    await this.#turn;
  }

  /**
   * Ends all workers: what is under way gets `timeoutMs`, and is then aborted and back in the queue.
   * Called again, it aborts at once unless told otherwise.
   *
   * @param options.timeoutMs by default `stop-timeout` of the settings
   */
  async stop(reason: string, options: { readonly timeoutMs?: number } = {}): Promise<void> {
    const again = this.#stopped !== undefined;
    const timeoutMs = options.timeoutMs ?? (again ? 0 : this.#config.queue.stopTimeoutMs);
    if (!again) this.#options.tell({ type: 'stopping', reason });
    const stopping = this.#stopAll(timeoutMs);
    this.#stopped ??= stopping.then(() => this.#options.tell({ type: 'stopped' }));
    await Promise.all([stopping, this.#stopped]);
  }

  /** A snapshot, with the queues as they are on the disk. */
  async state(): Promise<ServiceState> {
    const targets = await Promise.all(Array.from(this.#targets.values(), (target) => target.state()));
    return { stopping: this.#stopped !== undefined, targets };
  }

  async #stopAll(timeoutMs: number): Promise<void> {
    const stop = async (): Promise<void> => {
      await Promise.all(Array.from(this.#targets.values(), (target) => target.stop(timeoutMs)));
    };
    await stop();
    // What a reload has started meanwhile.
    await this.#turn;
    await stop();
  }

  async #reload(config: Config): Promise<void> {
    if (this.#stopped !== undefined) return;
    const timeoutMs = this.#config.queue.stopTimeoutMs;
    this.#config = config;
    const wanted = new Map(config.targets.map((target) => [target.name, target]));
    const removed = [...this.#targets].filter(([name]) => !wanted.has(name));
    await Promise.all([
      ...removed.map(async ([name, target]) => {
        await target.stop(timeoutMs);
        this.#targets.delete(name);
        this.#tellReload(name);
      }),
      ...config.targets.map((target) => this.#renew(this.#make(target, config), timeoutMs)),
    ]);
  }

  /** Starts a target, or puts it in the place of the one of that name if it is another. */
  async #renew(next: Target, timeoutMs: number): Promise<void> {
    const { name } = next.config;
    const old = this.#targets.get(name);
    if (old?.equals(next.config, this.#context(this.#config))) {
      await old.reloadKeys();
      return;
    }
    if (old?.isOpen) {
      try {
        await next.open();
      } catch (error) {
        this.#tellReload(name, messageOf(error));
        await next.stop(0);
        return;
      }
    }
    await old?.stop(timeoutMs);
    if (this.#stopped !== undefined) {
      await next.stop(0);
      return;
    }
    this.#launch(next);
    this.#tellReload(name);
  }

  #make(target: TargetConfig, config: Config): Target {
    return new Target(target, this.#context(config));
  }

  #launch(target: Target): void {
    this.#targets.set(target.config.name, target);
    const tell = this.#options.tell;
    target.run().catch((error: unknown) => {
      tell({ type: 'trouble', target: target.config.name, error: messageOf(error) });
    });
  }

  #context({ queue, storeDir = DEFAULT_STORE_DIR, nixBinDir }: Config): TargetContext {
    const { tell, create = true, open = openPublisher, sweepMs = SWEEP_MS } = this.#options;
    const { isTargetDown: isDown = isTargetDown } = this.#options;
    return { queue, storeDir, nixBinDir, tell, create, open, sweepMs, isTargetDown: isDown };
  }

  #tellReload(target: string, error?: string): void {
    this.#options.tell({ type: 'reload', target, error });
  }
}

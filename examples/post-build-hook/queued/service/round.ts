/**
 * One round of a worker: a few entries, each of which is settled or released at its end.
 */
import type { SpoolClaim } from 'narkit/node';
import { printStorePath, type StoreDir } from 'narkit/store-path';
import { orAbandon } from '../../abandon.ts';
import type { Published, TargetPublisher } from '../../publisher.ts';
import type { Tell } from '../events.ts';
import { builtOf } from './entries.ts';
import { relay } from './relay.ts';
import type { Settler } from './settle.ts';
import { runSplit } from './split.ts';

/** Entries that are tried alone to see whether the target takes any. */
const TRIALS = 3;

/** What a round needs. */
export interface RoundContext {
  readonly publisher: TargetPublisher;
  readonly storeDir: StoreDir;
  readonly settler: Settler;
  readonly tell: Tell;
  /** Whether an error is about the target, and not about a path. */
  readonly isTargetDown: (error: unknown) => boolean;
  readonly random: () => number;
  /** Aborts what is under way. */
  readonly signal: AbortSignal;
}

/** How a round ended: `down` with the target's error, `stopped` by the signal. */
export type RoundEnd =
  | { readonly type: 'done' | 'stopped' }
  | { readonly type: 'down'; readonly error: unknown };

/** Ends the splitting. */
class Halt extends Error {
  readonly end: RoundEnd;

  constructor(end: RoundEnd) {
    super(end.type);
    this.end = end;
  }
}

/** Publishes claims, each group together. */
export class Round {
  readonly #context: RoundContext;
  /** What is not settled yet. */
  readonly #open: Set<SpoolClaim>;
  /** Something was published in this round, so the target takes paths. */
  #proven = false;

  constructor(claims: readonly SpoolClaim[], context: RoundContext) {
    this.#open = new Set(claims);
    this.#context = context;
  }

  /** Keys of what is not settled yet. */
  get keys(): string[] {
    return Array.from(this.#open, ({ key }) => key);
  }

  async run(groups: readonly (readonly SpoolClaim[])[]): Promise<RoundEnd> {
    const { settler, tell, publisher } = this.#context;
    try {
      for (const group of groups) {
        tell({ type: 'batch', target: publisher.name, keys: group.map(({ key }) => key) });
        await runSplit(group, {
          run: (part) => this.#runPart(part),
          failed: async (claim, error) => {
            this.#open.delete(claim);
            await settler.failed(claim, error);
          },
          waits: (claim) => this.#open.has(claim),
          isFatal: (error) => error instanceof Halt,
        });
      }
      return { type: 'done' };
    } catch (error) {
      if (error instanceof Halt) return error.end;
      throw error;
    } finally {
      await settler.release([...this.#open]);
      this.#open.clear();
    }
  }

  async #runPart(part: readonly SpoolClaim[]): Promise<void> {
    try {
      await this.#publish(part);
    } catch (error) {
      if (this.#context.isTargetDown(error) && !(await this.#takesOthers(part))) {
        throw new Halt({ type: 'down', error });
      }
      throw error;
    }
  }

  /**
   * Whether the target works all the same: a proxy that gives up on one large file must not keep all the
   * others waiting. Only what was just published says so, for many a cache can be read but not written.
   */
  async #takesOthers(part: readonly SpoolClaim[]): Promise<boolean> {
    const { publisher, signal, random } = this.#context;
    try {
      await orAbandon(publisher.probe(signal), signal);
    } catch {
      this.#checkStop();
      return false;
    }
    if (this.#proven) return true;
    // One that failed alone says nothing when it fails again.
    const others = [...this.#open].filter((claim) => part.length > 1 || claim !== part[0]);
    for (let trial = 0; trial < TRIALS; trial++) {
      const [claim] = others.splice(Math.floor(random() * others.length), 1);
      if (claim === undefined) break;
      // What is wrong with it shows again when its turn comes.
      await this.#publish([claim]).catch((error: unknown) => {
        if (error instanceof Halt) throw error;
      });
      if (this.#proven) return true;
    }
    return false;
  }

  /** @throws Halt after the signal, and what `publish` throws. */
  async #publish(part: readonly SpoolClaim[]): Promise<void> {
    const { publisher, storeDir, settler, signal, tell } = this.#context;
    this.#checkStop();
    let published: Published;
    try {
      const built = part.map((claim) => builtOf(claim, storeDir));
      const onEvent = relay(publisher.name, storeDir, tell);
      published = await orAbandon(publisher.publish(built, { signal, onEvent }), signal);
    } catch (error) {
      this.#checkStop();
      throw error;
    }
    this.#proven = true;
    for (const { path, reason } of published.skipped)
      tell({ type: 'skipped', target: publisher.name, path: printStorePath(path, storeDir), reason });
    for (const note of published.notes ?? []) tell({ type: 'note', target: publisher.name, note });
    for (const claim of part) this.#open.delete(claim);
    await settler.done(part);
  }

  #checkStop(): void {
    if (this.#context.signal.aborted) throw new Halt({ type: 'stopped' });
  }
}

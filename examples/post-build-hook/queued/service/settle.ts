/**
 * How entries leave a worker's hands.
 */
import { isNarkitError } from 'narkit';
import type { SpoolClaim } from 'narkit/node';
import pMap from 'p-map';
import type { Tell } from '../events.ts';
import { removeRoot } from '../hook/gc-roots.ts';
import { backoffMs, type RetryBounds } from './backoff.ts';
import { failureText, messageOf } from './entries.ts';

/** Entries settled at once: each is a few calls of the file system. */
const CONCURRENCY = 16;

/** How often, and how soon, an entry is tried again. */
export interface SettleSettings extends RetryBounds {
  readonly maxAttempts: number;
}

export interface SettlerOptions {
  readonly target: string;
  /** Where the roots of this target are. */
  readonly rootsDir: string;
  readonly settings: SettleSettings;
  readonly tell: Tell;
  readonly random?: (() => number) | undefined;
}

/** Settles claims; never throws, for what fails here must not keep others. */
export class Settler {
  readonly #options: SettlerOptions;

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  /** They are in the cache. The root goes before the entry: after a crash in between the entry is still there. */
  async done(claims: readonly SpoolClaim[]): Promise<void> {
    const { target, rootsDir, tell } = this.#options;
    const roots: string[] = [];
    await pMap(
      claims,
      async (claim) => {
        try {
          await removeRoot(rootsDir, claim.key);
        } catch (error) {
          // It keeps a path too long, which is no reason to publish that again.
          roots.push(messageOf(error));
        }
        const { key, attempts } = claim;
        if (await this.#settle(claim, () => claim.ack())) tell({ type: 'done', target, key, attempts });
      },
      { concurrency: CONCURRENCY },
    );
    // Once for all of them: they fail for the same reason.
    if (roots.length > 0) {
      const others = roots.length > 1 ? `, and ${roots.length - 1} more` : '';
      tell({ type: 'trouble', target, error: `cannot remove a root: ${roots[0]}${others}` });
    }
  }

  /** It failed, alone. */
  async failed(claim: SpoolClaim, error: unknown): Promise<void> {
    const { target, settings, tell, random } = this.#options;
    const { key, attempts } = claim;
    const message = messageOf(error);
    if (attempts >= settings.maxAttempts) {
      await this.dead(claim, `gave up after ${attempts} attempts: ${message}`);
      return;
    }
    const retryAt = new Date(Date.now() + backoffMs(attempts, settings, random));
    const text = failureText(attempts, settings.maxAttempts, message);
    if (await this.#settle(claim, () => claim.retry({ at: retryAt, error: text })))
      tell({ type: 'failed', target, key, attempts, error: message, retryAt });
  }

  /** It is given up. Its root stays until somebody discards it. */
  async dead(claim: SpoolClaim, reason: string): Promise<void> {
    const { target, tell } = this.#options;
    if (await this.#settle(claim, () => claim.dead(reason)))
      tell({ type: 'dead', target, key: claim.key, reason });
  }

  /** They were not tried. */
  async release(claims: readonly SpoolClaim[]): Promise<void> {
    await pMap(claims, (claim) => this.#settle(claim, () => claim.release()), { concurrency: CONCURRENCY });
  }

  async #settle(claim: SpoolClaim, settle: () => Promise<void>): Promise<boolean> {
    try {
      await settle();
      return true;
    } catch (error) {
      // In other hands: they settle it.
      if (isNarkitError(error, 'ERR_SPOOL_LOST')) return false;
      const { target, tell } = this.#options;
      tell({ type: 'trouble', target, error: messageOf(error) });
      // Otherwise it would be held until this process ends.
      await claim
        .retry({ at: new Date(Date.now() + this.#options.settings.retryMaxMs) })
        .catch(() => undefined);
      return false;
    }
  }
}

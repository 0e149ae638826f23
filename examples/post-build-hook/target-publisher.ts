/**
 * Publishing what was built to one target.
 */
import { isNarkitError, MissingError, StoreError } from 'narkit';
import { type BinaryCache, CACHE_INFO_KEY, logKey, printCacheInfo, putLog } from 'narkit/cache';
import { localNar, type OpenedCache } from 'narkit/node';
import { type PublishEvent, publish, type Receipt } from 'narkit/publish';
import type { WritableStore } from 'narkit/store';
import { printStorePath, type StorePath } from 'narkit/store-path';
import { openBuildLog } from './build-log.ts';
import type { TargetConfig } from './config.ts';
import type { Filters } from './filters.ts';
import type { LocalStore } from './local-store.ts';
import type { Built, PublishCall, Published, TargetPublisher } from './publisher.ts';
import { Selection } from './selection.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { Upstreams } from './upstreams.ts';
import { watched } from './watchdog.ts';

/** What a target is made of. */
export interface Parts {
  readonly target: TargetConfig;
  readonly cache: BinaryCache<WritableStore>;
  readonly publishing: OpenedCache['publishing'];
  readonly keys: SigningKeys;
  readonly filters: Filters;
  readonly upstreams: Upstreams;
  readonly local: LocalStore;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Milliseconds in which a target that lives says something. */
const ANSWER_MS = 8000;
/** Milliseconds without progress before it is asked whether it lives. */
const QUIET_MS = 4000;

export class Publisher implements TargetPublisher {
  readonly name: string;
  readonly cacheName: string;
  readonly why: string;
  readonly #parts: Parts;
  /** The last thing it said was that we may not: reading may still be allowed. */
  #denied = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.name = parts.target.name;
    this.cacheName = parts.cache.store.name;
    this.why = parts.local.why;
  }

  async publish(built: readonly Built[], call: PublishCall = {}): Promise<Published> {
    const watch = {
      quietMs: QUIET_MS,
      signal: call.signal,
      probe: (signal: AbortSignal) => this.#answers(signal),
    };
    try {
      const published = await watched(watch, async (signal, alive) => {
        await this.#answers(signal);
        return await this.#publish(built, signal, (event) => {
          alive();
          call.onEvent?.(event);
        });
      });
      this.#denied = false;
      return published;
    } catch (error) {
      this.#denied = isNarkitError(error, 'ERR_STORE_DENIED');
      throw error;
    }
  }

  async probe(signal?: AbortSignal): Promise<void> {
    const patient = signal ?? new AbortController().signal;
    await this.#answers(patient);
    await this.#parts.local.probe(patient);
    this.#denied = false;
  }

  async reload(): Promise<boolean> {
    return await this.#parts.keys.reload();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.local[Symbol.asyncDispose]();
  }

  async #publish(
    built: readonly Built[],
    signal: AbortSignal,
    onEvent: (event: PublishEvent) => void,
  ): Promise<Published> {
    const { target, cache, publishing, keys, filters, local } = this.#parts;
    const { signers } = keys;
    const ownKeys = signers.map((signer) => signer.publicKey);
    const selection = await Selection.of(built, { ...this.#parts, ownKeys, signal });
    const gone = await Promise.all(selection.gone.map((path) => this.#present(path, signal)));
    const receipts = await publish(cache, selection.infos.values(), {
      ...publishing,
      signers,
      allowUnsigned: target.allowUnsigned,
      incompleteClosure: filters.prune,
      nar: localNar({ realStoreDir: local.storeDir }),
      ...(target.concurrency === undefined ? {} : { concurrency: target.concurrency }),
      onEvent,
      signal,
    });
    const notes = [...selection.notes];
    if (target.uploadLog) {
      for (const drvPath of selection.drvPaths) {
        const note = await this.#putLog(drvPath, signal);
        if (note !== undefined) notes.push(note);
      }
    }
    const skipped = [...selection.skipped].map(([path, reason]) => ({ path, reason }));
    return { receipts: [...gone, ...receipts], skipped, notes };
  }

  /** The receipt of a path that is in the cache, and not on this machine any more. */
  async #present(path: StorePath, signal: AbortSignal): Promise<Receipt> {
    const { cache } = this.#parts;
    const info = await cache.narInfo(path, { signal });
    if (info !== undefined) return { ...info, outcome: 'present' };
    const subject = printStorePath(path, cache.storeDir);
    throw new MissingError(
      'ERR_MISSING_PATH',
      `${subject} is not valid in the local Nix store any more, and ${this.cacheName} does not have it: it was deleted before it was uploaded`,
      { subject },
    );
  }

  /** Returns why not, where the log cannot be had: the build is none the worse for it. */
  async #putLog(drvPath: StorePath, signal: AbortSignal): Promise<string | undefined> {
    const { cache, env } = this.#parts;
    if ((await cache.store.head(logKey(drvPath), { signal })) !== undefined) return undefined;
    try {
      const log = await openBuildLog(drvPath, env);
      if (log !== undefined) await putLog(cache, drvPath, log, { ifAbsent: true, signal });
      return undefined;
    } catch (error) {
      const ours = isNarkitError(error) && !isNarkitError(error, 'ERR_UNSUPPORTED', 'ERR_COMPRESSED_DATA');
      if (ours || signal.aborted) throw error;
      return `no log of ${drvPath}: ${(error as Error).message}`;
    }
  }

  /** Throws unless the cache answers, and soon. */
  async #answers(signal: AbortSignal): Promise<void> {
    const { cache } = this.#parts;
    const clock = AbortSignal.timeout(ANSWER_MS);
    const call = { signal: AbortSignal.any([signal, clock]) };
    try {
      await cache.cacheInfo(call);
      if (!this.#denied) return;
      // A write that changes nothing: only the right to do it is asked for.
      const text = new TextEncoder().encode(printCacheInfo({ storeDir: cache.storeDir }));
      await cache.store.put(CACHE_INFO_KEY, text, { ifAbsent: true, size: text.length, ...call });
    } catch (cause) {
      if (signal.aborted || !clock.aborted) throw cause;
      throw new StoreError(
        'ERR_STORE_UNAVAILABLE',
        `${this.cacheName}: no answer within ${ANSWER_MS / 1000} s`,
        { operation: 'get', key: CACHE_INFO_KEY, cause },
      );
    }
  }
}

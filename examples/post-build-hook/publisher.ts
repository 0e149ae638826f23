/**
 * A target that built paths are published to: what the plain hook and the service share.
 */
import { env as processEnv } from 'node:process';
import { openCache, parseStoreUrl } from 'narkit/node';
import type { PublishEvent, Receipt } from 'narkit/publish';
import type { StorePath } from 'narkit/store-path';
import type { TargetConfig } from './config.ts';
import { Filters } from './filters.ts';
import { LocalStore } from './local-store.ts';
import { SigningKeys } from './signing-keys.ts';
import { Publisher } from './target-publisher.ts';
import { Upstreams } from './upstreams.ts';

export { isTargetDown } from './target-down.ts';

/** A path that was built, and by which derivation, if that is known. */
export interface Built {
  readonly path: StorePath;
  readonly drvPath: StorePath | undefined;
}

export interface Published {
  readonly receipts: readonly Receipt[];
  /** What the settings keep from the cache. */
  readonly skipped: readonly { readonly path: StorePath; readonly reason: string }[];
  /** What went wrong and does not matter enough to fail: an upstream that is down, a log that cannot be read. */
  readonly notes?: readonly string[];
}

export interface PublishCall {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: PublishEvent) => void;
}

/** One target, open. */
export interface TargetPublisher extends AsyncDisposable {
  /** Of the section. */
  readonly name: string;
  /** The cache, without passwords. */
  readonly cacheName: string;
  /** One line: by which way the Nix store of this machine is asked. */
  readonly why: string;
  /**
   * Resolves only when all of `built`, and what belongs to them, is in the cache or skipped. A path that is
   * no longer valid on this machine, but is in the cache, counts as done.
   *
   * @throws MissingError `ERR_MISSING_PATH`, and whatever `publish` throws
   */
  publish(built: readonly Built[], call?: PublishCall): Promise<Published>;
  /** Does the target answer? Throws when not. */
  probe(signal?: AbortSignal): Promise<void>;
  /** Reads secret keys anew if their files changed: whether they did. Throws when they are bad; then the old ones stay. */
  reload(): Promise<boolean>;
}

export interface OpenPublisherOptions {
  readonly storeDir: string;
  readonly nixBinDir?: string | undefined;
  /** Instead of the variables of this process: where Nix's store, logs and settings are. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** An upload may wait long for a slow line; whether the server lives at all is asked separately. */
const PATIENCE = { attempts: 2, timeoutMs: 8000, stallTimeoutMs: 60_000 };

/**
 * Opens a target: reads its keys, finds the Nix store of this machine. The cache itself is not asked yet.
 *
 * @throws TypeError, or the library's errors, for settings that cannot work
 */
export async function openPublisher(
  target: TargetConfig,
  options: OpenPublisherOptions,
): Promise<TargetPublisher> {
  const { storeDir, nixBinDir, env = processEnv } = options;
  const url = target.cacheUrl(storeDir);
  // What is published leaves the queue, and may be collected: by then it must be on the disk of the cache.
  const { cache, publishing } = await openCache(url, { ...PATIENCE, sync: true });
  const files = [...parseStoreUrl(url).cache.secretKeyFiles, ...target.secretKeyFiles];
  const keys = await SigningKeys.open(files);
  const filters = await Filters.open(target.filters, storeDir, env);
  const upstreams = await Upstreams.open(target.filters.upstreams, storeDir, env);
  const local = await LocalStore.open({ storeDir, nixBinDir, env: options.env });
  return new Publisher({ target, cache, publishing, keys, filters, upstreams, local, env });
}

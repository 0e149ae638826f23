/**
 * Caches that consumers have besides the target: what is there need not be uploaded.
 */
import { isNarkitError } from 'narkit';
import type { BinaryCache } from 'narkit/cache';
import { isContentAddressed, type PathInfo, validSigners } from 'narkit/narinfo';
import { keyringFromNixConf, openCache, readNixConf } from 'narkit/node';
import type { Keyring } from 'narkit/signature';
import type { StorePath } from 'narkit/store-path';
import pMap from 'p-map';

/** Questions at once. */
const CONCURRENCY = 16;
/** How many answers are kept: a path that is there stays there. */
const REMEMBERED = 200_000;
/** Milliseconds to an answer; a slow upstream must not hold up the target. */
const TIMEOUT_MS = 8000;

export class Upstreams {
  readonly #caches: readonly BinaryCache[];
  readonly #keyring: Keyring | undefined;
  readonly #there = new Map<StorePath, string>();

  static async open(
    urls: readonly string[],
    storeDir: string,
    env: Readonly<Record<string, string | undefined>>,
  ): Promise<Upstreams> {
    const caches: BinaryCache[] = [];
    for (const url of urls) {
      const place = /[?&]store=/.test(url) ? '' : `${url.includes('?') ? '&' : '?'}store=${storeDir}`;
      const options = { attempts: 2, timeoutMs: TIMEOUT_MS, stallTimeoutMs: TIMEOUT_MS };
      caches.push((await openCache(`${url}${place}`, options)).cache);
    }
    return new Upstreams(
      caches,
      urls.length === 0 ? undefined : await keyringFromNixConf(await readNixConf({ env })),
    );
  }

  private constructor(caches: readonly BinaryCache[], keyring: Keyring | undefined) {
    this.#caches = caches;
    this.#keyring = keyring;
  }

  get none(): boolean {
    return this.#caches.length === 0;
  }

  /**
   * Which paths are in which upstream. One that fails is asked no more, and told of: then more is uploaded than
   * need be, which is the safe side.
   */
  async find(
    infos: readonly PathInfo[],
    signal: AbortSignal,
    tell: (note: string) => void,
  ): Promise<Map<StorePath, string>> {
    for (const cache of this.#caches) {
      let failed = false;
      const ask = async ({ storePath }: PathInfo): Promise<void> => {
        if (failed || this.#there.has(storePath)) return;
        try {
          if (await this.#has(cache, storePath, signal)) this.#there.set(storePath, cache.store.name);
        } catch (error) {
          signal.throwIfAborted();
          if (isNarkitError(error, 'ERR_PARSE_NAR_INFO')) return;
          if (!failed) tell(`upstream ${cache.store.name} is not asked: ${(error as Error).message}`);
          failed = true;
        }
      };
      await pMap(infos, ask, { concurrency: CONCURRENCY });
    }
    const found = new Map<StorePath, string>();
    for (const { storePath } of infos) {
      const name = this.#there.get(storePath);
      if (name !== undefined) found.set(storePath, name);
    }
    if (this.#there.size > REMEMBERED) this.#there.clear();
    return found;
  }

  /** There, and such that consumers with this machine's trusted keys would take it. */
  async #has(cache: BinaryCache, path: StorePath, signal: AbortSignal): Promise<boolean> {
    const info = await cache.narInfo(path, { signal });
    if (info === undefined || this.#keyring === undefined) return false;
    const { storeDir } = cache;
    return (
      isContentAddressed(info, { storeDir }) || validSigners(info, this.#keyring, { storeDir }).length > 0
    );
  }
}

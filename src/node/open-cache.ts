/**
 * From a store URL, as in nix.conf, to a cache that can be read and published to.
 *
 * @module
 */
import type { BinaryCacheOptions } from '../cache/binary-cache.ts';
import { BinaryCache } from '../cache/binary-cache.ts';
import type { FetchPathOptions } from '../publish/fetch-path.ts';
import type { PublishOptions } from '../publish/publish.ts';
import type { Signer } from '../signature/signer.ts';
import { createSigner } from '../signature/signer.ts';
import type { WritableStore } from '../store/store.ts';
import { createCodec, nodeCodecs } from './codec/create-codec.ts';
import { readSecretKeyFile } from './key-file.ts';
import type { OpenStoreOptions } from './open-store.ts';
import { checkOpenStoreOptions, openStore } from './open-store.ts';
import { parseStoreUrl } from './store-url.ts';

/** Options of {@link openCache}: those of the store below it. */
export interface OpenCacheOptions extends OpenStoreOptions {}

/** A cache, and how its URL says that paths are to be published into it and fetched from it. */
export interface OpenedCache {
  readonly cache: BinaryCache<WritableStore>;
  /** To be spread into the options of `publish`. */
  readonly publishing: Required<Pick<PublishOptions, 'codec' | 'signers' | 'listing'>>;
  /** To be spread into the options of `fetchPath`: `requireSigs` is false for a URL with `trusted=true`. */
  readonly fetching: Required<Pick<FetchPathOptions, 'requireSigs'>>;
}

/**
 * Opens the cache at a store URL with the parameters that Nix documents: `compression`,
 * `compression-level`, `secret-key`, `secret-keys`, `write-nar-listing`, `store`, `trusted`, `priority`,
 * `want-mass-query`, and those of the store itself. Where the URL names no compression, `zstd` is written (Nix: `xz`).
 *
 * @throws ParseError `ERR_PARSE_STORE_URL`, `ERR_PARSE_KEY`, `ERR_PARSE_NETRC`; NarError `ERR_FILE_IO` for a
 *   key or netrc file;
 *   UnsupportedError for a compression that cannot be written here.
 *
 * @example
 * ```ts
 * import { openCache } from 'narkit/node';
 *
 * const { cache, publishing } = await openCache('file:///tmp/cache?compression=zstd&write-nar-listing=true');
 * console.log(cache.storeDir, publishing.codec.name); // /nix/store zstd
 * ```
 */
export async function openCache(url: string, options: OpenCacheOptions = {}): Promise<OpenedCache> {
  checkOpenStoreOptions('openCache', options);
  const parsed = parseStoreUrl(url);
  const { cache: settings } = parsed;
  const signers: Signer[] = [];
  for (const file of settings.secretKeyFiles) signers.push(createSigner(await readSecretKeyFile(file)));
  const { compression = 'zstd', compressionLevel: level, parallelCompression: parallel } = settings;
  const codec = createCodec(compression, {
    ...(level === undefined ? {} : { level }),
    // On unless the URL says no: the outcome is the same, only sooner.
    ...(parallel === false ? { parallel: 1 } : {}),
  });
  const { storeDir, priority, wantMassQuery } = settings;
  const view: BinaryCacheOptions = {
    decoders: nodeCodecs,
    storeDir,
    ...(priority === undefined ? {} : { priority }),
    ...(wantMassQuery === undefined ? {} : { wantMassQuery }),
  };
  return {
    cache: new BinaryCache(await openStore(parsed, options), view),
    publishing: { codec, signers, listing: settings.writeNarListing },
    fetching: { requireSigs: !settings.trusted },
  };
}

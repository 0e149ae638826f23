/**
 * A Nix-aware view of a store: the reading half of a binary cache.
 *
 * @module
 */
import { toAsyncIterable, toReadableStream } from '../bytes/stream.ts';
import type { Decoder } from '../codec/codec.ts';
import { none } from '../codec/codec.ts';
import { MissingError, ParseError, UnsupportedError } from '../errors.ts';
import type { Hash } from '../hash/hash.ts';
import type { NarListing } from '../nar/listing.ts';
import { parseNarListing } from '../nar/parse-listing.ts';
import type { NarInfoDocument } from '../narinfo/document.ts';
import { parseNarInfoDocument } from '../narinfo/document.ts';
import { narInfoOfDocument } from '../narinfo/parse.ts';
import type { NarInfo } from '../narinfo/path-info.ts';
import { checkOptions } from '../options.ts';
import type { RealisationId } from '../realisation/key.ts';
import { realisationKey } from '../realisation/key.ts';
import type { Realisation } from '../realisation/realisation.ts';
import { parseRealisation } from '../realisation/realisation.ts';
import type { GetOptions, ReadableStore, StoreCallOptions, StoredObject, UrlStore } from '../store/store.ts';
import type { StoreDir, StorePath } from '../store-path/store-path.ts';
import { checkStoreDir, DEFAULT_STORE_DIR, printStorePath } from '../store-path/store-path.ts';
import type { CacheInfo } from './cache-info.ts';
import { parseCacheInfo } from './cache-info.ts';
import { CACHE_INFO_KEY, listingKey, logKey, narInfoKey } from './layout.ts';
import { readText } from './read-text.ts';
import { verified } from './verified.ts';

/** Listings name every file. */
const LISTING_LIMIT = 512 * 1024 * 1024;

/** Options of {@link BinaryCache}. */
export interface BinaryCacheOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
  /** Compressions that can be read, besides `none`. On Node: `nodeCodecs`. @default [] */
  decoders?: readonly Decoder[];
  /** Counts instead of what `nix-cache-info` says, as `priority` in a store URL. @default what it says */
  priority?: number;
  /** Counts instead of what `nix-cache-info` says, as `want-mass-query` in a store URL. @default what it says */
  wantMassQuery?: boolean;
}

/** An output of a derivation, by what is known of the derivation: at least one of path and hash. */
export interface RealisationQuery {
  /** Such as `out`. */
  readonly outputName: string;
  /** For the layout since Nix 2.35. */
  readonly drvPath?: StorePath;
  /** "Modulo" its inputs, for the layout of Nix 2.4 to 2.34. */
  readonly drvHash?: Hash;
}

/**
 * A binary cache over any store.
 *
 * @example
 * ```ts
 * import { BinaryCache } from 'narkit/cache';
 * import { MemoryStore } from 'narkit/store';
 * import { parseStorePath } from 'narkit/store-path';
 *
 * const cache = new BinaryCache(new MemoryStore());
 * const path = parseStorePath('/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt');
 * console.log(await cache.narInfo(path)); // undefined
 * ```
 */
export class BinaryCache<S extends ReadableStore = ReadableStore> {
  readonly store: S;
  readonly storeDir: StoreDir;
  readonly #decoders: ReadonlyMap<string, Decoder>;
  readonly #overrides: Pick<CacheInfo, 'priority' | 'wantMassQuery'>;

  constructor(store: S, options: BinaryCacheOptions = {}) {
    checkOptions('BinaryCache', options, ['storeDir', 'decoders', 'priority', 'wantMassQuery']);
    this.store = store;
    this.storeDir = checkStoreDir(options.storeDir ?? DEFAULT_STORE_DIR);
    this.#decoders = new Map([none, ...(options.decoders ?? [])].map((decoder) => [decoder.name, decoder]));
    const { priority, wantMassQuery } = options;
    this.#overrides = {
      ...(wantMassQuery !== undefined && { wantMassQuery }),
      ...(priority !== undefined && { priority }),
    };
  }

  /**
   * What the cache says of itself, and over it what the options of this object say; `undefined`
   * where it has no `nix-cache-info`.
   *
   * @throws ParseError `ERR_STORE_DIR` when it is for another store directory.
   */
  async cacheInfo(options: StoreCallOptions = {}): Promise<CacheInfo | undefined> {
    const text = await readText(this.store, CACHE_INFO_KEY, 'ERR_PARSE_CACHE_INFO', options);
    if (text === undefined) return undefined;
    const info = parseCacheInfo(text);
    if (info.storeDir !== undefined && info.storeDir !== this.storeDir) {
      throw new ParseError(
        'ERR_STORE_DIR',
        `binary cache '${this.store.name}' is for Nix stores with prefix '${info.storeDir}', not '${this.storeDir}'`,
        { field: 'StoreDir' },
      );
    }
    return { ...info, ...this.#overrides };
  }

  /**
   * The narinfo of a path; `undefined` where the cache has none, or one of another path with the
   * same hash part.
   *
   * @throws ParseError `ERR_PARSE_NAR_INFO`
   */
  async narInfo(path: StorePath, options: StoreCallOptions = {}): Promise<NarInfo | undefined> {
    return (await this.#readNarInfo(path, options))?.narInfo;
  }

  /**
   * The narinfo of a path as its lines, nothing lost: for those who change it. `narInfoOfDocument` is
   * its typed view. `undefined` and errors as of {@link narInfo}.
   */
  async narInfoDocument(
    path: StorePath,
    options: StoreCallOptions = {},
  ): Promise<NarInfoDocument | undefined> {
    return (await this.#readNarInfo(path, options))?.document;
  }

  /** Whether there is a narinfo for the path's hash part; cheaper than {@link narInfo}. */
  async hasPath(path: StorePath, options: StoreCallOptions = {}): Promise<boolean> {
    return (await this.store.head(narInfoKey(path), options)) !== undefined;
  }

  /**
   * The NAR of a path, decompressed. File hash and size (where the narinfo has them), NAR hash and
   * NAR size are checked as the bytes pass; the last chunk comes only when all are right, and no
   * more than `narSize` bytes ever come out of a compressed bomb.
   *
   * @throws MissingError `ERR_MISSING_NAR`; UnsupportedError for a compression without decoder;
   *   from the stream: IntegrityError `ERR_HASH_MISMATCH`, `ERR_SIZE_MISMATCH`, `ERR_COMPRESSED_DATA`.
   */
  async openNar(info: NarInfo, options: StoreCallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const decoder = this.decoder(info.compression);
    const object = await this.narObject(info, options);
    const path = printStorePath(info.storePath, this.storeDir);
    const checkFile = verified({
      subject: `compressed NAR of ${path}`,
      hash: info.fileHash,
      size: info.fileSize,
    });
    const checkNar = verified({ subject: `NAR of ${path}`, hash: info.narHash, size: info.narSize });
    const file = toAsyncIterable(object.body);
    // Uncompressed, the file is the NAR: one check says it all.
    const nar = checkNar(decoder === none ? file : decoder.decompress(checkFile(file)));
    return toReadableStream(nar, object.body);
  }

  /**
   * The object that holds the NAR of a path, or a range of it: compressed as it is, and not checked.
   *
   * @throws MissingError `ERR_MISSING_NAR`; UnsupportedError for a URL that the store has no use for.
   */
  async narObject(info: NarInfo, options: GetOptions = {}): Promise<StoredObject> {
    const { store } = this;
    let object: StoredObject | undefined;
    // Caches that make their NARs on demand put a query into the URL; others keep them elsewhere.
    if (!/^[a-z][a-z0-9+.-]*:|^\/|[?#]/i.test(info.url)) object = await store.get(info.url, options);
    else if (isUrlStore(store)) object = await store.getUrl(info.url, options);
    else {
      throw new UnsupportedError(
        `'${store.name}' has no URLs, and the NAR of ${info.storePath} is at '${info.url}'`,
        { feature: 'NAR URL' },
      );
    }
    if (object !== undefined) return object;
    throw new MissingError(
      'ERR_MISSING_NAR',
      `'${store.name}' has no NAR '${info.url}' for ${info.storePath}`,
      { subject: info.url },
    );
  }

  /** The path's listing, unauthenticated; `undefined` where there is none. */
  async listing(path: StorePath, options: StoreCallOptions = {}): Promise<NarListing | undefined> {
    const text = await readText(this.store, listingKey(path), 'ERR_PARSE_LISTING', options, LISTING_LIMIT);
    return text === undefined ? undefined : parseNarListing(text);
  }

  /** The build log of a derivation; `undefined` where there is none. */
  async log(
    drvPath: StorePath,
    options: StoreCallOptions = {},
  ): Promise<ReadableStream<Uint8Array> | undefined> {
    return (await this.store.get(logKey(drvPath), options))?.body;
  }

  /**
   * What an output of a content-addressed derivation was built to, from the newer layout or else the
   * older one; `undefined` where there is neither. Not to be believed before `validRealisationSigners`
   * has found a trusted key.
   *
   * @throws ParseError `ERR_PARSE_REALISATION`, also where it is of another output.
   */
  async realisation(
    output: RealisationQuery,
    options: StoreCallOptions = {},
  ): Promise<Realisation | undefined> {
    const { drvPath, drvHash, outputName } = output;
    const ids: RealisationId[] = [];
    if (drvPath !== undefined) ids.push({ drvPath, outputName });
    if (drvHash !== undefined) ids.push({ drvHash, outputName });
    if (ids.length === 0) throw new TypeError('realisation: give drvPath, drvHash, or both');
    for (const id of ids) {
      const text = await readText(this.store, realisationKey(id), 'ERR_PARSE_REALISATION', options);
      if (text !== undefined) return parseRealisation(text, id);
    }
    return undefined;
  }

  /**
   * What reads a compression, by its name in a narinfo.
   *
   * @throws UnsupportedError where this cache was given no such decoder.
   */
  decoder(name: string): Decoder {
    const decoder = this.#decoders.get(name);
    if (decoder !== undefined) return decoder;
    throw new UnsupportedError(
      `compression '${name}' cannot be read here; pass a decoder for it (decoders of this cache: ${[...this.#decoders.keys()].join(', ')})`,
      { feature: `compression ${name}` },
    );
  }

  async #readNarInfo(
    path: StorePath,
    options: StoreCallOptions,
  ): Promise<{ document: NarInfoDocument; narInfo: NarInfo } | undefined> {
    const text = await readText(this.store, narInfoKey(path), 'ERR_PARSE_NAR_INFO', options);
    if (text === undefined) return undefined;
    const document = parseNarInfoDocument(text);
    const narInfo = narInfoOfDocument(document, { storeDir: this.storeDir });
    return narInfo.storePath === path ? { document, narInfo } : undefined;
  }
}

function isUrlStore(store: ReadableStore): store is UrlStore {
  return 'getUrl' in store;
}

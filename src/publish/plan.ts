/**
 * Planning: what publishing would do, before anything is done.
 *
 * @module
 */
import pMap from 'p-map';
import type { BinaryCache } from '../cache/binary-cache.ts';
import { isNarkitError, MissingError, TrustError } from '../errors.ts';
import { fingerprint } from '../narinfo/fingerprint.ts';
import type { NarInfo, PathInfo } from '../narinfo/path-info.ts';
import { isContentAddressed, validSigners } from '../narinfo/sign.ts';
import { checkOptions } from '../options.ts';
import { Keyring } from '../signature/signature.ts';
import type { Signer } from '../signature/signer.ts';
import type { StorePath } from '../store-path/store-path.ts';
import { printStorePath } from '../store-path/store-path.ts';
import { topologicalOrder } from './closure.ts';

/** Options of {@link plan}. */
export interface PlanOptions {
  /** Who signs what is published. @default [] */
  signers?: readonly Signer[];
  /** Publish paths that carry no signature and are not content-addressed. @default false */
  allowUnsigned?: boolean;
  /** Publish paths whose references the cache lacks. Nix clients cannot use them. @default false */
  incompleteClosure?: boolean;
  /** Questions to the cache under way at once. @default 32 */
  concurrency?: number;
  signal?: AbortSignal;
}

/** What happens to one path. Plain data, but for its `info`. */
export type PlanItem =
  | { readonly action: 'upload'; readonly info: PathInfo }
  /** The cache has it, with a signature by every signer. */
  | { readonly action: 'present'; readonly info: PathInfo; readonly narInfo: NarInfo }
  /** The cache has it, but lacks a signature by some signer: only its narinfo is rewritten. */
  | { readonly action: 'resign'; readonly info: PathInfo; readonly narInfo: NarInfo }
  /**
   * The cache has another build of it (other content, or other references), and not signed by every
   * signer. It is left alone: a signature would vouch for what the signers never saw.
   */
  | { readonly action: 'differs'; readonly info: PathInfo; readonly narInfo: NarInfo };

/**
 * Decides for every path whether it must be uploaded, is there, or only lacks signatures; in
 * topological order. Only asks the cache, changes nothing. A narinfo that cannot be read counts as
 * none: it is of no use to anybody, and is replaced.
 *
 * @throws MissingError `ERR_MISSING_REFERENCE` when a path refers to one that is neither in `infos`
 *   nor in the cache; TrustError `ERR_UNSIGNED`.
 *
 * @example
 * ```ts
 * import { BinaryCache } from 'narkit/cache';
 * import { plan } from 'narkit/publish';
 * import { MemoryStore } from 'narkit/store';
 *
 * console.log(await plan(new BinaryCache(new MemoryStore()), [])); // []
 * ```
 */
export async function plan(
  cache: BinaryCache,
  infos: Iterable<PathInfo>,
  options: PlanOptions = {},
): Promise<PlanItem[]> {
  checkOptions('plan', options, ['signers', 'allowUnsigned', 'incompleteClosure', 'concurrency', 'signal']);
  const {
    signers = [],
    allowUnsigned = false,
    incompleteClosure = false,
    concurrency = 32,
    signal,
  } = options;
  const ordered = topologicalOrder(infos);
  const asking = { concurrency, ...(signal === undefined ? {} : { signal }) };
  const call = signal === undefined ? {} : { signal };

  if (!incompleteClosure) {
    const given = new Set(ordered.map((info) => info.storePath));
    const referrers = new Map<StorePath, PathInfo>();
    for (const info of ordered)
      for (const path of info.references) if (!given.has(path)) referrers.set(path, info);
    await pMap(
      referrers,
      async ([path, info]) => {
        if (!(await cache.hasPath(path, call))) throw missingReference(cache, info, path);
      },
      asking,
    );
  }

  const keyring = new Keyring(signers.map((signer) => signer.publicKey));
  return await pMap(
    ordered,
    async (info): Promise<PlanItem> => {
      const narInfo = await readable(cache.narInfo(info.storePath, call));
      if (narInfo === undefined) {
        if (!allowUnsigned && signers.length === 0) assertSigned(cache, info);
        return { action: 'upload', info };
      }
      const { storeDir } = cache;
      const complete = validSigners(narInfo, keyring, { storeDir }).length === keyring.keyNames.length;
      if (complete) return { action: 'present', info, narInfo };
      const same = fingerprint(narInfo, { storeDir }) === fingerprint(info, { storeDir });
      return { action: same ? 'resign' : 'differs', info, narInfo };
    },
    asking,
  );
}

async function readable(narInfo: Promise<NarInfo | undefined>): Promise<NarInfo | undefined> {
  try {
    return await narInfo;
  } catch (error) {
    if (isNarkitError(error, 'ERR_PARSE_NAR_INFO')) return undefined;
    throw error;
  }
}

function assertSigned(cache: BinaryCache, info: PathInfo): void {
  if (info.signatures.length > 0 || isContentAddressed(info, { storeDir: cache.storeDir })) return;
  const storePath = printStorePath(info.storePath, cache.storeDir);
  throw new TrustError(
    'ERR_UNSIGNED',
    `${storePath} has no signature and no signer was given; pass a secret key, or allow unsigned paths`,
    { storePath, keyNames: [] },
  );
}

function missingReference(cache: BinaryCache, info: PathInfo, path: StorePath): MissingError {
  const subject = printStorePath(path, cache.storeDir);
  return new MissingError(
    'ERR_MISSING_REFERENCE',
    `cannot publish ${printStorePath(info.storePath, cache.storeDir)}: '${cache.store.name}' lacks its reference ${subject}; publish the whole closure`,
    { subject },
  );
}

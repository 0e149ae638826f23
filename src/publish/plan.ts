/**
 * Planning: what publishing would do, before anything is done.
 *
 * @module
 */
import pMap from 'p-map';
import type { BinaryCache } from '../cache/binary-cache.ts';
import { isNarkitError, MissingError, TrustError } from '../errors.ts';
import type { NarInfoDocument } from '../narinfo/document.ts';
import { fingerprint } from '../narinfo/fingerprint.ts';
import { narInfoOfDocument } from '../narinfo/parse.ts';
import type { NarInfo, PathInfo } from '../narinfo/path-info.ts';
import { isContentAddressed, validSigners } from '../narinfo/sign.ts';
import { checkOptions } from '../options.ts';
import { Keyring } from '../signature/signature.ts';
import type { Signer } from '../signature/signer.ts';
import type { StorePath } from '../store-path/store-path.ts';
import { printStorePath } from '../store-path/store-path.ts';
import { topologicalOrder } from './closure.ts';
import { existingPaths, isMassQueryStore } from './existing.ts';

/** Options of {@link plan}. */
export interface PlanOptions {
  /** Who signs what is published. @default [] */
  signers?: readonly Signer[];
  /** Publish paths that carry no signature and are not content-addressed. @default false */
  allowUnsigned?: boolean;
  /** Publish paths whose references the cache lacks. Nix clients cannot use them. @default false */
  incompleteClosure?: boolean;
  /**
   * What is done about a path whose narinfo is there. `'read'`: it is read, so that one that cannot be read is
   * replaced, and signatures that are missing are added. `'exists'`: nothing; one request to S3 tells that of a
   * thousand paths, as none of them is read. Nix looks no closer. @default 'read'
   */
  check?: 'read' | 'exists';
  /** Questions to the cache under way at once. @default 32 */
  concurrency?: number;
  signal?: AbortSignal;
}

const OPTIONS = ['signers', 'allowUnsigned', 'incompleteClosure', 'check', 'concurrency', 'signal'];

/** What happens to one path. Plain data, but for its `info`. */
export type PlanItem =
  | { readonly action: 'upload'; readonly info: PathInfo }
  /** With `check: 'exists'`: the cache has a narinfo of that name, and nobody looked into it. */
  | { readonly action: 'exists'; readonly info: PathInfo }
  /** The cache has it, with a signature by every signer. */
  | { readonly action: 'present'; readonly info: PathInfo; readonly narInfo: NarInfo }
  /** The cache has it, but lacks a signature by some signer: only its narinfo is rewritten. */
  | {
      readonly action: 'resign';
      readonly info: PathInfo;
      readonly narInfo: NarInfo;
      /** The same with all its lines: those that nobody understands outlive the signing. */
      readonly document: NarInfoDocument;
    }
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
  checkOptions('plan', options, OPTIONS);
  const { signers = [], allowUnsigned = false, incompleteClosure = false, check = 'read' } = options;
  if (check !== 'read' && check !== 'exists')
    throw new TypeError(`plan: 'check' is 'read' or 'exists', not ${JSON.stringify(check)}`);
  const { concurrency = 32, signal } = options;
  const ordered = topologicalOrder(infos);
  const call = signal === undefined ? {} : { signal };
  const asking = { concurrency, ...call };

  if (!incompleteClosure) {
    const given = new Set(ordered.map((info) => info.storePath));
    const referrers = new Map<StorePath, PathInfo>();
    for (const info of ordered)
      for (const path of info.references) if (!given.has(path)) referrers.set(path, info);
    const there = await existingPaths(cache, referrers.keys(), asking);
    for (const [path, info] of referrers) if (!there.has(path)) throw missingReference(cache, info, path);
  }

  const paths = ordered.map((info) => info.storePath);
  // Without mass queries reading tells as soon as asking would.
  const there =
    check === 'exists' || isMassQueryStore(cache.store)
      ? await existingPaths(cache, paths, asking)
      : new Set(paths);
  const keyring = new Keyring(signers.map((signer) => signer.publicKey));
  const upload = (info: PathInfo): PlanItem => {
    if (!allowUnsigned && signers.length === 0) assertSigned(cache, info);
    return { action: 'upload', info };
  };
  const decide = async (info: PathInfo): Promise<PlanItem> => {
    const document = await readable(cache.narInfoDocument(info.storePath, call));
    return document === undefined ? upload(info) : judge(cache, keyring, info, document);
  };
  const read = check === 'read' ? ordered.filter((info) => there.has(info.storePath)) : [];
  const decided = new Map<StorePath, PlanItem>();
  for (const item of await pMap(read, decide, asking)) decided.set(item.info.storePath, item);
  return ordered.map(
    (info) =>
      decided.get(info.storePath) ?? (there.has(info.storePath) ? { action: 'exists', info } : upload(info)),
  );
}

/** What to do about a path whose narinfo is there. */
function judge(cache: BinaryCache, keyring: Keyring, info: PathInfo, document: NarInfoDocument): PlanItem {
  const { storeDir } = cache;
  const narInfo = narInfoOfDocument(document, { storeDir });
  const complete = validSigners(narInfo, keyring, { storeDir }).length === keyring.keyNames.length;
  if (complete) return { action: 'present', info, narInfo };
  const same = fingerprint(narInfo, { storeDir }) === fingerprint(info, { storeDir });
  return same ? { action: 'resign', info, narInfo, document } : { action: 'differs', info, narInfo };
}

async function readable(
  document: Promise<NarInfoDocument | undefined>,
): Promise<NarInfoDocument | undefined> {
  try {
    return await document;
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

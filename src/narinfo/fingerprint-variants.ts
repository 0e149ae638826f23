/**
 * Wrong fingerprints: what tools that sign by hand have been seen to sign instead of the right text.
 *
 * @module
 */
import type { Hash, HashFormat } from '../hash/hash.ts';
import { printDigest, printHash } from '../hash/hash.ts';
import type { StoreDir, StorePath } from '../store-path/store-path.ts';
import { printStorePath } from '../store-path/store-path.ts';
import type { NarInfo, PathInfo } from './path-info.ts';

/** The stable name of a way to get a fingerprint wrong. */
export type FingerprintChangeCode =
  | 'store-dir'
  | 'path-base-name'
  | 'hash-base16'
  | 'hash-base64'
  | 'hash-sri'
  | 'hash-bare'
  | 'file-hash'
  | 'file-size'
  | 'references-as-written'
  | 'references-none'
  | 'references-with-self'
  | 'references-without-self'
  | 'references-base-names'
  | 'references-spaces'
  | 'trailing-newline';

/** One difference from the right fingerprint. */
export interface FingerprintChange {
  readonly code: FingerprintChangeCode;
  readonly message: string;
}

/** Everything a fingerprint is made of. */
interface Parts {
  readonly storeDir: StoreDir;
  readonly fullPath: boolean;
  readonly hash: Hash;
  readonly hashFormat: HashFormat | 'bare';
  readonly size: number;
  readonly references: readonly StorePath[];
  readonly fullReferences: boolean;
  readonly separator: string;
  readonly end: string;
}

/** A change belongs to one part: two of the same part exclude each other. */
interface Variant {
  readonly part: keyof Parts;
  readonly change: FingerprintChange;
  readonly apply: (parts: Parts) => Parts;
}

/** What to try besides what the info says. */
export interface VariantSources {
  readonly storeDir: StoreDir;
  readonly otherStoreDirs: readonly StoreDir[];
  /** The references in the order, and as often, as the narinfo has them. */
  readonly written: readonly StorePath[] | undefined;
}

/** Wrong fingerprints with what is wrong about them: one difference first, then two. */
export function* fingerprintVariants(
  info: PathInfo & Partial<NarInfo>,
  sources: VariantSources,
): Generator<{ fingerprint: string; changes: readonly FingerprintChange[] }> {
  const right: Parts = {
    storeDir: sources.storeDir,
    fullPath: true,
    hash: info.narHash,
    hashFormat: 'nix32',
    size: info.narSize,
    references: [...new Set(info.references)].sort(),
    fullReferences: true,
    separator: ',',
    end: '',
  };
  const variants = [...variantsOf(info, right, sources)];
  const seen = new Set([print(info.storePath, right)]);
  for (const pairs of [false, true]) {
    for (const [at, first] of variants.entries()) {
      const seconds = pairs ? variants.slice(at + 1).filter(({ part }) => part !== first.part) : [undefined];
      for (const second of seconds) {
        const once = first.apply(right);
        const fingerprint = print(info.storePath, second?.apply(once) ?? once);
        if (seen.has(fingerprint)) continue;
        seen.add(fingerprint);
        yield { fingerprint, changes: second ? [first.change, second.change] : [first.change] };
      }
    }
  }
}

function* variantsOf(
  info: PathInfo & Partial<NarInfo>,
  right: Parts,
  { otherStoreDirs, written }: VariantSources,
): Generator<Variant> {
  const variant = <P extends keyof Parts>(
    part: P,
    value: Parts[P],
    code: FingerprintChangeCode,
    message: string,
  ): Variant => ({ part, change: { code, message }, apply: (parts) => ({ ...parts, [part]: value }) });
  const self = info.storePath;
  const others = right.references.filter((path) => path !== self);

  if (written !== undefined) {
    yield variant('references', written, 'references-as-written', 'references unsorted or repeated');
  }
  yield variant('fullReferences', false, 'references-base-names', 'references as base names');
  yield variant('hashFormat', 'base16', 'hash-base16', 'NAR hash in base16');
  yield variant('hashFormat', 'base64', 'hash-base64', 'NAR hash in base64');
  yield variant('hashFormat', 'sri', 'hash-sri', 'NAR hash in SRI form');
  yield variant('hashFormat', 'bare', 'hash-bare', 'NAR hash without its algorithm');
  for (const dir of otherStoreDirs) {
    yield variant('storeDir', dir, 'store-dir', `store directory '${dir}'`);
  }
  const withSelf = [...others, self].sort();
  yield variant('references', withSelf, 'references-with-self', 'the path itself among the references');
  yield variant('references', others, 'references-without-self', 'the path itself not among the references');
  yield variant('references', [], 'references-none', 'no references');
  yield variant('separator', ' ', 'references-spaces', 'references separated by spaces');
  if (info.fileHash !== undefined) {
    yield variant('hash', info.fileHash, 'file-hash', 'FileHash instead of NarHash');
  }
  if (info.fileSize !== undefined) {
    yield variant('size', info.fileSize, 'file-size', 'FileSize instead of NarSize');
  }
  yield variant('fullPath', false, 'path-base-name', 'the path as base name');
  yield variant('end', '\n', 'trailing-newline', 'a newline at the end');
}

function print(path: StorePath, parts: Parts): string {
  const { storeDir, hash, hashFormat } = parts;
  const hashText = hashFormat === 'bare' ? printDigest(hash, 'nix32') : printHash(hash, hashFormat);
  const references = parts.references.map((each) =>
    parts.fullReferences ? printStorePath(each, storeDir) : each,
  );
  const subject = parts.fullPath ? printStorePath(path, storeDir) : path;
  return `1;${subject};${hashText};${parts.size};${references.join(parts.separator)}${parts.end}`;
}

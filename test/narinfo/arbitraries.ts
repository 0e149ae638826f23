/** Generated infos, for the laws. */
import fc from 'fast-check';
import { compareAscii } from '../../src/bytes/bytes.ts';
import { HASH_SIZES, type HashAlgo } from '../../src/hash/hash.ts';
import { NIX32_ALPHABET } from '../../src/hash/nix32.ts';
import type { NarInfo } from '../../src/narinfo/path-info.ts';
import type { Signature } from '../../src/signature/signature.ts';
import { compareSignatures } from '../../src/signature/signature.ts';
import type { ContentAddress } from '../../src/store-path/content-address.ts';
import { parseBaseName, type StorePath } from '../../src/store-path/store-path.ts';

const NAME_CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-._?=';
const text = (alphabet: string, minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });

export const storePaths: fc.Arbitrary<StorePath> = fc
  .tuple(text(NIX32_ALPHABET, 32, 32), text(NAME_CHARACTERS, 1, 20))
  .filter(([, name]) => !/^\.\.?(-|$)/.test(name))
  .map(([hash, name]) => parseBaseName(`${hash}-${name}`));

const digest = (algo: HashAlgo): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: HASH_SIZES[algo], maxLength: HASH_SIZES[algo] });
const sha256 = digest('sha256').map((bytes) => ({ algo: 'sha256' as const, digest: bytes }));

const contentAddresses: fc.Arbitrary<ContentAddress> = fc
  .constantFrom<[ContentAddress['method'], HashAlgo]>(
    ['text', 'sha256'],
    ['flat', 'md5'],
    ['flat', 'sha512'],
    ['nar', 'sha256'],
    ['nar', 'sha1'],
    ['git', 'sha1'],
  )
  .chain(([method, algo]) => digest(algo).map((bytes) => ({ method, hash: { algo, digest: bytes } })));

const signatures: fc.Arbitrary<Signature> = fc.record(
  {
    keyName: fc.string({ minLength: 1, maxLength: 12 }).filter((name) => !/[:\n]/.test(name)),
    sig: fc.uint8Array({ minLength: 1, maxLength: 64 }),
  },
  { noNullPrototype: true },
);

const sizes = fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.constant(Number.MAX_SAFE_INTEGER));

/** In normal form: references sorted and each once, signatures as Nix sorts them. */
export const narInfos: fc.Arbitrary<NarInfo> = fc.record(
  {
    storePath: storePaths,
    url: fc.string({ minLength: 1 }).filter((url) => !url.includes('\n')),
    compression: fc.constantFrom('none', 'xz', 'zstd', 'bzip2', 'br', 'lz4'),
    fileHash: sha256,
    fileSize: sizes,
    narHash: sha256,
    narSize: sizes,
    references: fc.array(storePaths, { maxLength: 5 }).map((paths) => [...new Set(paths)].sort(compareAscii)),
    deriver: storePaths,
    signatures: fc.array(signatures, { maxLength: 3 }).map((list) => list.sort(compareSignatures)),
    ca: contentAddresses,
  },
  {
    noNullPrototype: true,
    requiredKeys: ['storePath', 'url', 'compression', 'narHash', 'narSize', 'references', 'signatures'],
  },
);

/**
 * Holding content to its content address: what stands in for a signature must be checked as one.
 *
 * @module
 */
import { observed } from '../bytes/observed.ts';
import type { ByteTransform } from '../bytes/stream.ts';
import { IntegrityError } from '../errors.ts';
import type { Hash } from '../hash/hash.ts';
import { equalHash, printHash } from '../hash/hash.ts';
import { hashSource } from '../hash/hash-source.ts';
import type { NarEntry } from '../nar/entry.ts';
import { gitHash } from '../nar/git-hash.ts';
import { readNar } from '../nar/read.ts';
import type { PathInfo } from '../narinfo/path-info.ts';
import { ModuloMeter } from '../store-path/hash-modulo.ts';
import { hashPart } from '../store-path/store-path.ts';
import { verified, withholdingLast } from './verified.ts';

/**
 * A stage that lets a path's NAR through only if its *content* has the hash of its content
 * address. That a path follows from its address, references and name (`isContentAddressed`) says
 * nothing yet of the bytes that a cache serves for it.
 *
 * The NAR of a path that refers to itself may have either hash "modulo" its own hash part: with the
 * offsets of the occurrences, or without them, as Nix 2.17 to 2.34 made such paths. An address of
 * the second kind does not tell the hash part from 32 zero bytes, to Nix no more than here.
 *
 * @returns `undefined` where there is no content address.
 * @throws IntegrityError `ERR_HASH_MISMATCH`, NarError (from the stream)
 *
 * @example
 * ```ts
 * import { contentCheck } from 'narkit/cache';
 * import { parseHash } from 'narkit/hash';
 * import { parseBaseName, parseContentAddress } from 'narkit/store-path';
 *
 * const check = contentCheck({
 *   storePath: parseBaseName('qa1w9gdfrba6jl2r57mb3c43863gqywp-hello.txt'),
 *   references: [],
 *   ca: parseContentAddress('text:sha256:00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq'),
 * });
 * console.log(typeof check); // function
 * ```
 */
export function contentCheck(
  info: Pick<PathInfo, 'storePath' | 'references' | 'ca'>,
): ByteTransform | undefined {
  const { ca, storePath } = info;
  if (ca === undefined) return undefined;
  const subject = `content of ${storePath}`;
  const { method, hash } = ca;
  if (method === 'nar') {
    if (info.references.includes(storePath)) return selfReferential(subject, hash, hashPart(storePath));
    return verified({ subject, hash });
  }
  return (source) => {
    let right = false;
    const check = observed(async (nar) => {
      right = method === 'git' ? await hasGitHash(nar, hash) : await isFileWithHash(nar, hash);
    });
    // The observer has judged by the time the last chunk would go on.
    return withholdingLast(check(source), () => {
      if (right) return;
      throw new IntegrityError(
        'ERR_HASH_MISMATCH',
        `${subject} is not ${method === 'git' ? 'a tree' : 'a file'} with the hash of its content address`,
        {
          subject,
          expected: printHash(hash, 'nix32'),
        },
      );
    });
  };
}

/**
 * Nothing says which Nix made the path, so both hashes are taken. Offsets are hashed like content:
 * were bytes allowed after the archive, zeros for the hash part and the offsets as text would do.
 */
function selfReferential(subject: string, expected: Hash, part: string): ByteTransform {
  const wellFormed = observed(async (nar) => {
    for await (const _ of readNar(nar));
  });
  return (source) => {
    const meters = [true, false].map((positions) => new ModuloMeter(expected.algo, part, { positions }));
    return withholdingLast(measured(wellFormed(source), meters), () => {
      const hashes = meters.map((meter) => meter.finish());
      if (hashes.some((hash) => equalHash(hash, expected))) return;
      const actual = printHash(hashes[0] as Hash, 'nix32');
      throw new IntegrityError(
        'ERR_HASH_MISMATCH',
        `${subject} has the hash ${actual}, modulo its own hash part, instead of ${printHash(expected, 'nix32')}`,
        { subject, expected: printHash(expected, 'nix32'), actual },
      );
    });
  };
}

async function* measured(
  source: AsyncIterable<Uint8Array>,
  meters: readonly ModuloMeter[],
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    for (const meter of meters) meter.update(chunk);
    yield chunk;
  }
}

/** `text` and `flat` addresses are of one regular file, not executable, hashed without its NAR. */
async function isFileWithHash(nar: AsyncIterable<Uint8Array>, expected: Hash): Promise<boolean> {
  let right = false;
  for await (const entry of readNar(nar)) {
    if (entry.type !== 'regular' || entry.path !== '' || entry.executable) return false;
    right = equalHash((await hashSource(expected.algo, entry.body)).hash, expected);
  }
  return right;
}

/** A blob has no mode, so of a root that is a link or executable its id proves too little. */
async function hasGitHash(nar: AsyncIterable<Uint8Array>, expected: Hash): Promise<boolean> {
  // Nix knows no other algorithms for Git, and the address could not have been read with one.
  const { algo } = expected;
  if (algo !== 'sha1' && algo !== 'sha256') return false;
  let proven = true;
  async function* watched(): AsyncGenerator<NarEntry> {
    for await (const entry of readNar(nar)) {
      if (entry.path === '' && entry.type !== 'directory')
        proven = entry.type === 'regular' && !entry.executable;
      yield entry;
    }
  }
  return equalHash(await gitHash(watched(), { algo }), expected) && proven;
}

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
 * @returns `undefined` where there is no content address, or one that cannot be checked here: of
 *   method `git`.
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
  if (ca === undefined || ca.method === 'git') return undefined;
  const subject = `content of ${storePath}`;
  if (ca.method === 'nar') {
    if (info.references.includes(storePath)) return selfReferential(subject, ca.hash, hashPart(storePath));
    return verified({ subject, hash: ca.hash });
  }
  return (source) => {
    let right = false;
    const check = observed(async (nar) => {
      right = await isFileWithHash(nar, ca.hash);
    });
    // The observer has judged by the time the last chunk would go on.
    return withholdingLast(check(source), () => {
      if (right) return;
      throw new IntegrityError(
        'ERR_HASH_MISMATCH',
        `${subject} is not a file with the hash of its content address`,
        {
          subject,
          expected: printHash(ca.hash, 'nix32'),
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

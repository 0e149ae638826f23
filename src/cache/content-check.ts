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
import { verified, withholdingLast } from './verified.ts';

/**
 * A stage that lets a path's NAR through only if its *content* has the hash of its content
 * address. That a path follows from its address, references and name (`isContentAddressed`) says
 * nothing yet of the bytes that a cache serves for it.
 *
 * @returns `undefined` where there is no content address, or one that cannot be checked here: of
 *   method `git`, or of a path that refers to itself.
 * @throws IntegrityError `ERR_HASH_MISMATCH` (from the stream)
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
  if (ca === undefined || ca.method === 'git' || info.references.includes(storePath)) return undefined;
  const subject = `content of ${storePath}`;
  if (ca.method === 'nar') return verified({ subject, hash: ca.hash });
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

/** `text` and `flat` addresses are of one regular file, not executable, hashed without its NAR. */
async function isFileWithHash(nar: AsyncIterable<Uint8Array>, expected: Hash): Promise<boolean> {
  let right = false;
  for await (const entry of readNar(nar)) {
    if (entry.type !== 'regular' || entry.path !== '' || entry.executable) return false;
    right = equalHash((await hashSource(expected.algo, entry.body)).hash, expected);
  }
  return right;
}

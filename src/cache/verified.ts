/**
 * Stages that watch a stream: one that refuses wrong bytes, one that only measures.
 *
 * @module
 */
import type { ByteTransform } from '../bytes/stream.ts';
import { IntegrityError } from '../errors.ts';
import type { Hash } from '../hash/hash.ts';
import { equalHash, printHash } from '../hash/hash.ts';
import { HashMeter, hashBytes } from '../hash/hash-source.ts';

/** What a stream promises to be. */
export interface Expected {
  /** What it is, for messages: `NAR of /nix/store/...`. */
  readonly subject: string;
  readonly hash?: Hash | undefined;
  /** Bytes. */
  readonly size?: number | undefined;
}

/**
 * Passes bytes on, and the last chunk only once hash and size are what was promised. Whoever needs
 * the whole stream therefore never gets all of a wrong one. Stops at the first byte too many.
 *
 * @throws IntegrityError `ERR_SIZE_MISMATCH`, `ERR_HASH_MISMATCH` (from the stream)
 *
 * @example
 * ```ts
 * import { collect } from 'narkit';
 * import { verified } from 'narkit/cache';
 * import { parseHash } from 'narkit/hash';
 *
 * const hash = parseHash('sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73');
 * const check = verified({ subject: 'nothing', hash, size: 0 });
 * console.log((await collect(check(ReadableStream.from([])))).length); // 0
 * ```
 */
export function verified(expected: Expected): ByteTransform {
  const { subject, hash, size } = expected;
  return (source) => {
    const meter = new HashMeter(hash?.algo ?? 'sha256');
    const counted = metered(
      meter,
      size === undefined
        ? undefined
        : () => {
            if (meter.size > size) throw wrongSize(subject, size, `more than ${size}`);
          },
    );
    return withholdingLast(counted(source), () => {
      if (size !== undefined && meter.size !== size) throw wrongSize(subject, size, String(meter.size));
      checkHash(subject, hash, meter.finish().hash);
    });
  };
}

/**
 * The same for bytes that are at hand.
 *
 * @throws IntegrityError `ERR_SIZE_MISMATCH`, `ERR_HASH_MISMATCH`
 */
export function checkWhole(bytes: Uint8Array, { subject, hash, size }: Expected): void {
  if (size !== undefined && bytes.length !== size) throw wrongSize(subject, size, String(bytes.length));
  if (hash !== undefined) checkHash(subject, hash, hashBytes(hash.algo, bytes));
}

function checkHash(subject: string, hash: Hash | undefined, actual: Hash): void {
  if (hash === undefined || equalHash(hash, actual)) return;
  throw new IntegrityError(
    'ERR_HASH_MISMATCH',
    `${subject} has the hash ${printHash(actual, 'nix32')} instead of ${printHash(hash, 'nix32')}`,
    { subject, expected: printHash(hash, 'nix32'), actual: printHash(actual, 'nix32') },
  );
}

/** Passes bytes on, hashing and counting them; `check` is called after every chunk, before it goes on. */
export function metered(meter: HashMeter, check?: () => void): ByteTransform {
  return async function* measure(source) {
    for await (const chunk of source) {
      meter.update(chunk);
      check?.();
      yield chunk;
    }
  };
}

/** Passes bytes on, the last chunk only once the source has ended and `check` has passed. */
export async function* withholdingLast(
  source: AsyncIterable<Uint8Array>,
  check: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let withheld: Uint8Array | undefined;
  for await (const chunk of source) {
    // An empty chunk must not take the place of the one that is withheld.
    if (chunk.length === 0) continue;
    if (withheld !== undefined) yield withheld;
    withheld = chunk;
  }
  check();
  if (withheld !== undefined) yield withheld;
}

/** The error for a stream or an object of another size than it should have. */
export function wrongSize(subject: string, expected: number, actual: string): IntegrityError {
  return new IntegrityError('ERR_SIZE_MISMATCH', `${subject} has ${actual} bytes instead of ${expected}`, {
    subject,
    expected: String(expected),
    actual,
  });
}

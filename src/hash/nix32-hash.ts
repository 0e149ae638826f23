/**
 * Hashes that keep the nix32 text they were read from, and decode it when the bytes are asked for.
 *
 * Most hashes in narinfos are only printed again: in fingerprints, names and narinfos. To everything
 * else such a hash is the plain `{ algo, digest }` that it stands for: its keys, equality, JSON, spread
 * and `structuredClone`, the latter two making one whose digest is there. Only `inspect` tells the
 * difference, as it does not call getters; and a `Proxy` around one cannot be asked for the digest.
 *
 * @module
 */
import { decodeNix32 } from './nix32.ts';

/** Lets a class add its private fields to an object that is there, which no one else can see. */
class Itself {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: it is what this class is for
    return object;
  }
}

class Kept extends Itself {
  /** Until the digest is asked for: whoever has its bytes can change them. */
  #text: string | undefined;
  #digest: Uint8Array | undefined;

  private constructor(hash: object, text: string) {
    super(hash);
    this.#text = text;
  }

  static keep(hash: object, text: string): void {
    new Kept(hash, text);
  }

  static text(hash: object): string | undefined {
    return #text in hash ? (hash as Kept).#text : undefined;
  }

  static digest(hash: Kept): Uint8Array {
    if (hash.#text !== undefined) {
      hash.#digest = decodeNix32(hash.#text);
      hash.#text = undefined;
    }
    return hash.#digest as Uint8Array;
  }
}

/** One for all of them: a getter in each literal would be a new hidden class, and take ten times as long. */
const DIGEST: PropertyDescriptor & ThisType<Kept> = {
  get() {
    return Kept.digest(this);
  },
  enumerable: true,
  configurable: true,
};

/** @param text of a digest of that algorithm, for which `isNix32` holds: nothing is checked any more. */
export function hashOfNix32<A extends string>(
  algo: A,
  text: string,
): { readonly algo: A; readonly digest: Uint8Array } {
  const hash = Object.defineProperty({ algo }, 'digest', DIGEST) as { algo: A; digest: Uint8Array };
  Kept.keep(hash, text);
  return hash;
}

/** The text of a hash made by {@link hashOfNix32} whose digest nobody has asked for. */
export function keptNix32(hash: object): string | undefined {
  return Kept.text(hash);
}

/**
 * What the runtime seam `#native` must offer. `portable.ts` and `node.ts` are twins: same
 * behaviour, tested equal, the second faster.
 *
 * @module
 */

/** Algorithms a digest can be computed with. */
export type DigestAlgo = 'md5' | 'sha1' | 'sha256' | 'sha512' | 'blake3';

/** An incremental hash. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  /** Ends it; call once. */
  digest(): Uint8Array;
}

/** The functions behind `#native`. */
export interface Native {
  createHasher(algo: DigestAlgo): Hasher;
  randomBytes(length: number): Uint8Array;
  /** A new buffer whose bytes may hold anything: for those who overwrite all they hand on. */
  allocate(length: number): Uint8Array;
  /** 32-byte public key of a 32-byte Ed25519 seed. */
  ed25519PublicKey(seed: Uint8Array): Uint8Array;
  /** A signing function (RFC 8032, no prehash) for a 32-byte seed; key set-up happens once. */
  ed25519Signer(seed: Uint8Array): (message: Uint8Array) => Uint8Array;
  /** A verifying function for a 32-byte public key; `false` for every bad input, never a throw. */
  ed25519Verifier(publicKey: Uint8Array): (message: Uint8Array, signature: Uint8Array) => boolean;
}

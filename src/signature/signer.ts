/**
 * Signers: whatever can sign a text, a key in memory or one far away.
 *
 * @module
 */
import { ed25519Signer } from '#native';
import type { PublicKey, SecretKey } from './key.ts';
import { toPublicKey } from './key.ts';

/** Something that signs; a key management service is one. */
export interface Signer {
  readonly publicKey: PublicKey;
  /** The 64-byte Ed25519 signature over `message`. */
  signDetached(message: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/**
 * A signer that holds its key in memory.
 *
 * @example
 * ```ts
 * import { createSigner, generateSecretKey } from 'narkit/signature';
 *
 * const signer = createSigner(generateSecretKey('cache.example.org-1'));
 * console.log(signer.publicKey.name); // cache.example.org-1
 * ```
 */
export function createSigner(key: SecretKey): Signer {
  return { publicKey: toPublicKey(key), signDetached: ed25519Signer(key.bytes.slice(0, 32)) };
}

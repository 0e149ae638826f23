/**
 * Keys, signatures and signers.
 *
 * @module
 */
export type { PublicKey } from './key.ts';
export {
  checkKeyName,
  generateSecretKey,
  parsePublicKey,
  parseSecretKey,
  printPublicKey,
  printSecretKey,
  SecretKey,
  secretKeyFromSeed,
  toPublicKey,
} from './key.ts';
export type { Signature } from './signature.ts';
export { equalSignature, Keyring, mergeSignatures, parseSignature, printSignature } from './signature.ts';
export type { Signer } from './signer.ts';
export { createSigner } from './signer.ts';

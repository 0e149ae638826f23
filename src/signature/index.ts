/**
 * Keys, signatures and signers.
 *
 * @module
 */
export type { PublicJwk, SecretJwk } from './jwk.ts';
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
export type { PublicKeyFormats, SecretKeyFormats } from './key-formats.ts';
export { exportPublicKey, exportSecretKey, importPublicKey, importSecretKey } from './key-formats.ts';
export type { PolicyKey, PolicyRequirement, PolicyRule, TrustPolicy } from './policy.ts';
export type { Signature } from './signature.ts';
export { equalSignature, Keyring, mergeSignatures, parseSignature, printSignature } from './signature.ts';
export type { Signer } from './signer.ts';
export { createSigner } from './signer.ts';
export type { WebCryptoKeyPair } from './web-crypto-signer.ts';
export { webCryptoSigner } from './web-crypto-signer.ts';

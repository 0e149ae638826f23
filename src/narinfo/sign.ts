/**
 * Signing path infos, and finding out whether one is to be trusted (narinfo.md section 4).
 *
 * @module
 */
import { utf8 } from '../bytes/bytes.ts';
import { TrustError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import type { Keyring, Signature } from '../signature/signature.ts';
import { mergeSignatures } from '../signature/signature.ts';
import type { Signer } from '../signature/signer.ts';
import { makeContentAddressedPath } from '../store-path/make-store-path.ts';
import type { StoreDir } from '../store-path/store-path.ts';
import { pathName, printStorePath } from '../store-path/store-path.ts';
import { fingerprint } from './fingerprint.ts';
import type { PathInfo } from './path-info.ts';

/** Options of {@link signPathInfo}, {@link validSigners} and {@link assertTrusted}. */
export interface TrustOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
}

/**
 * The same info with one signature per signer added; signatures it had stay.
 *
 * @example
 * ```ts
 * import { parseHash } from 'narkit/hash';
 * import { signPathInfo, validSigners } from 'narkit/narinfo';
 * import { createSigner, generateSecretKey, Keyring } from 'narkit/signature';
 * import { parseStorePath } from 'narkit/store-path';
 *
 * const signer = createSigner(generateSecretKey('cache-1'));
 * const info = {
 *   storePath: parseStorePath('/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt'),
 *   narHash: parseHash('sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw'),
 *   narSize: 120,
 *   references: [],
 *   signatures: [],
 * };
 * const signed = await signPathInfo(info, [signer]);
 * console.log(validSigners(signed, new Keyring([signer.publicKey]))); // [ 'cache-1' ]
 * ```
 */
export async function signPathInfo<T extends PathInfo>(
  info: T,
  signers: readonly Signer[],
  options: TrustOptions = {},
): Promise<T> {
  checkOptions('signPathInfo', options, ['storeDir']);
  if (signers.length === 0) return info;
  const message = utf8(fingerprint(info, options));
  const added: Signature[] = [];
  for (const signer of signers) {
    added.push({ keyName: signer.publicKey.name, sig: await signer.signDetached(message) });
  }
  return { ...info, signatures: mergeSignatures(info.signatures, added) };
}

/** Names of the keys in the keyring that validly signed the info, each once. */
export function validSigners(info: PathInfo, keyring: Keyring, options: TrustOptions = {}): string[] {
  checkOptions('validSigners', options, ['storeDir']);
  if (info.signatures.length === 0) return [];
  const message = utf8(fingerprint(info, options));
  const valid = info.signatures.filter((signature) => keyring.verify(message, signature));
  return [...new Set(valid.map((signature) => signature.keyName))];
}

/**
 * Whether the path follows from its content address, references and name: then no signature is
 * needed, because nothing but this content can have this path.
 */
export function isContentAddressed(info: PathInfo, options: TrustOptions = {}): boolean {
  checkOptions('isContentAddressed', options, ['storeDir']);
  if (info.ca === undefined) return false;
  const references = info.references.filter((path) => path !== info.storePath);
  const selfReference = references.length < info.references.length;
  try {
    const path = makeContentAddressedPath(pathName(info.storePath), info.ca, {
      ...options,
      references,
      selfReference,
    });
    return path === info.storePath;
  } catch {
    return false; // references that such an address cannot have: then it proves nothing
  }
}

/**
 * Passes when the info is content-addressed or carries at least one valid signature by a key in
 * the keyring: the rule of Nix with `require-sigs`. Where only the content address counts, the
 * content must still be held to it when it comes: `contentCheck`, which `fetchPath` does.
 *
 * Laxer than Nix in one thing: a signature by a trusted name that is not 64 bytes long is passed over as
 * any wrong one is, while Nix fails on the whole path. It can take nothing away from the proof that
 * another signature is; `explainTrust` tells what Nix would do.
 *
 * @throws TrustError `ERR_UNSIGNED` where there is no signature at all, `ERR_UNTRUSTED` where none counts.
 */
export function assertTrusted(info: PathInfo, keyring: Keyring, options: TrustOptions = {}): void {
  checkOptions('assertTrusted', options, ['storeDir']);
  if (!isContentAddressed(info, options)) assertSigned(info, keyring, options);
}

/**
 * Passes when the info carries at least one valid signature by a key in the keyring, whether it is
 * content-addressed or not.
 *
 * @throws TrustError `ERR_UNSIGNED` where there is no signature at all, `ERR_UNTRUSTED` where none counts.
 */
export function assertSigned(info: PathInfo, keyring: Keyring, options: TrustOptions = {}): void {
  checkOptions('assertSigned', options, ['storeDir']);
  if (validSigners(info, keyring, options).length > 0) return;
  const keyNames = info.signatures.map((signature) => signature.keyName);
  const path = printStorePath(info.storePath, options.storeDir);
  const trusted =
    keyring.keyNames.length === 0 ? 'no key is trusted' : `trusted keys: ${keyring.keyNames.join(', ')}`;
  const forged = keyNames.filter((name) => keyring.keyNames.includes(name));
  if (keyNames.length === 0) {
    throw new TrustError('ERR_UNSIGNED', `${path} has no signature (${trusted})`, {
      storePath: path,
      keyNames,
    });
  }
  const why =
    forged.length > 0
      ? `the signature by '${forged[0]}' does not match: the narinfo was changed, or another key has this name`
      : `signed by ${keyNames.join(', ')}`;
  throw new TrustError('ERR_UNTRUSTED', `no trusted signature on ${path}: ${why} (${trusted})`, {
    storePath: path,
    keyNames,
  });
}

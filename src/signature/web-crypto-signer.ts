/**
 * A signer whose secret WebCrypto keeps.
 *
 * @module
 */
import { ParseError } from '../errors.ts';
import { checkKeyName } from './key.ts';
import { Keyring } from './signature.ts';
import type { Signer } from './signer.ts';

/** A `CryptoKeyPair` of any runtime; not all of them declare that name. */
export interface WebCryptoKeyPair {
  readonly privateKey: Parameters<typeof crypto.subtle.sign>[1];
  readonly publicKey: Parameters<typeof crypto.subtle.verify>[1];
}

/**
 * A signer over an Ed25519 key pair of WebCrypto. The private key may be non-extractable, so that no code
 * of the program can read it.
 *
 * @param name such as `cache.example.org-1`
 * @throws TypeError for keys of another algorithm, or halves in the wrong places
 * @throws ParseError `ERR_PARSE_KEY` for a bad name, or halves that do not belong together
 *
 * @example
 * ```ts
 * import { type WebCryptoKeyPair, webCryptoSigner } from 'narkit/signature';
 *
 * const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
 * const signer = await webCryptoSigner('cache.example.org-1', pair as WebCryptoKeyPair);
 * console.log((await signer.signDetached(new Uint8Array(3))).length); // 64
 * ```
 */
export async function webCryptoSigner(
  name: string,
  { privateKey, publicKey }: WebCryptoKeyPair,
): Promise<Signer> {
  checkKeyName(name);
  for (const [key, type] of [
    [privateKey, 'private'],
    [publicKey, 'public'],
  ] as const) {
    if (key.type !== type || key.algorithm.name !== 'Ed25519')
      throw new TypeError(`webCryptoSigner: the ${type} key is not a ${type} Ed25519 key`);
  }
  const bytes = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey));
  const signer: Signer = {
    publicKey: { name, bytes },
    async signDetached(message) {
      // A copy: WebCrypto takes no view of shared memory.
      return new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, Uint8Array.from(message)));
    },
  };
  const probe = Uint8Array.of(0);
  if (
    !new Keyring([signer.publicKey]).verify(probe, { keyName: name, sig: await signer.signDetached(probe) })
  ) {
    throw new ParseError('ERR_PARSE_KEY', `key pair '${name}': its halves do not belong together`);
  }
  return signer;
}

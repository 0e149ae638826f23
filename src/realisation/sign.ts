/**
 * Signing realisations, and finding out who did (narinfo.md section 7).
 *
 * @module
 */
import { utf8 } from '../bytes/bytes.ts';
import type { Keyring, Signature } from '../signature/signature.ts';
import { mergeSignatures } from '../signature/signature.ts';
import type { Signer } from '../signature/signer.ts';
import type { Realisation } from './realisation.ts';
import { realisationFacts } from './realisation.ts';

/**
 * The text that a realisation's signatures cover: in the older layout the document without its
 * signatures, in the newer one `{"key":{"drvPath","outputName"},"value":{"outPath"}}`.
 *
 * @example
 * ```ts
 * import { parseRealisation, parseRealisationKey, realisationFingerprint } from 'narkit/realisation';
 *
 * const id = parseRealisationKey('build-trace-v2/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.drv/out.doi');
 * const realisation = parseRealisation('{"outPath":"kxmcy35rn05v2h8fkx0d1nbrz0ymf72a-cadrv"}', id);
 * console.log(realisationFingerprint(realisation));
 * // {"key":{"drvPath":"8hb1...-a.drv","outputName":"out"},"value":{"outPath":"kxmc...-cadrv"}}
 * ```
 */
export function realisationFingerprint(realisation: Realisation): string {
  const facts = realisationFacts(realisation);
  const { id } = realisation;
  if ('drvHash' in id) return JSON.stringify(facts);
  return JSON.stringify({ key: { drvPath: id.drvPath, outputName: id.outputName }, value: facts });
}

/**
 * The same realisation with one signature per signer added; signatures it had stay.
 *
 * @example
 * ```ts
 * import {
 *   parseRealisation,
 *   parseRealisationKey,
 *   signRealisation,
 *   validRealisationSigners,
 * } from 'narkit/realisation';
 * import { createSigner, generateSecretKey, Keyring } from 'narkit/signature';
 *
 * const id = parseRealisationKey('build-trace-v2/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.drv/out.doi');
 * const realisation = parseRealisation('{"outPath":"kxmcy35rn05v2h8fkx0d1nbrz0ymf72a-cadrv"}', id);
 * const signer = createSigner(generateSecretKey('cache-1'));
 * const signed = await signRealisation(realisation, [signer]);
 * console.log(validRealisationSigners(signed, new Keyring([signer.publicKey]))); // [ 'cache-1' ]
 * ```
 */
export async function signRealisation(
  realisation: Realisation,
  signers: readonly Signer[],
): Promise<Realisation> {
  const message = utf8(realisationFingerprint(realisation));
  const added: Signature[] = [];
  for (const signer of signers) {
    added.push({ keyName: signer.publicKey.name, sig: await signer.signDetached(message) });
  }
  return { ...realisation, signatures: mergeSignatures(realisation.signatures, added) };
}

/** Names of the keys in the keyring that validly signed the realisation, each once. Nix asks for one. */
export function validRealisationSigners(realisation: Realisation, keyring: Keyring): string[] {
  const message = utf8(realisationFingerprint(realisation));
  const valid = realisation.signatures.filter((signature) => keyring.verify(message, signature));
  return [...new Set(valid.map((signature) => signature.keyName))];
}

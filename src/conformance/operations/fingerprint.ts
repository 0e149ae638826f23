/**
 * Fingerprints by narkit.
 *
 * @module
 */
import { fingerprint } from '../../narinfo/fingerprint.ts';
import { parseNarInfo } from '../../narinfo/parse.ts';
import { signPathInfo } from '../../narinfo/sign.ts';
import { parseSecretKey } from '../../signature/key.ts';
import { printSignature, type Signature } from '../../signature/signature.ts';
import { createSigner } from '../../signature/signer.ts';
import type { ConformanceOperations } from '../operations.ts';
import { text } from './input.ts';

/** `fingerprint`, `sign`. */
export const fingerprintOperations: ConformanceOperations = {
  fingerprint: (input) => fingerprint(parseNarInfo(text(input, 'narinfo'))),
  sign: async (input) => {
    const info = { ...parseNarInfo(text(input, 'narinfo')), signatures: [] };
    const signed = await signPathInfo(info, [createSigner(parseSecretKey(text(input, 'secretKey')))]);
    return printSignature((signed.signatures as readonly Signature[])[0] as Signature);
  },
};

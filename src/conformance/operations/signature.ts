/**
 * Keys and signatures by narkit.
 *
 * @module
 */
import { parseNarInfo } from '../../narinfo/parse.ts';
import { isContentAddressed, validSigners } from '../../narinfo/sign.ts';
import { parsePublicKey, parseSecretKey, printPublicKey, toPublicKey } from '../../signature/key.ts';
import { Keyring } from '../../signature/signature.ts';
import type { ConformanceOperations } from '../operations.ts';
import { number, text, texts } from './input.ts';

/** `toPublic`, `verify`. */
export const signatureOperations: ConformanceOperations = {
  toPublic: (input) => printPublicKey(toPublicKey(parseSecretKey(text(input, 'secretKey')))),
  verify: (input) => {
    const keyring = new Keyring(texts(input, 'publicKeys').map(parsePublicKey));
    const info = parseNarInfo(text(input, 'narinfo'));
    const needed = input['needed'] === undefined ? 1 : number(input, 'needed');
    return isContentAddressed(info) || validSigners(info, keyring).length >= needed;
  },
};

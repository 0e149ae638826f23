/**
 * Realisations, the build trace of content-addressed derivations: keys, parse, print, sign.
 *
 * @module
 */
export type { DrvHashOutput, DrvPathOutput, RealisationId } from './key.ts';
export { parseRealisationKey, realisationKey } from './key.ts';
export type { DependentRealisation, Realisation } from './realisation.ts';
export { parseRealisation, printRealisation } from './realisation.ts';
export { realisationFingerprint, signRealisation, validRealisationSigners } from './sign.ts';

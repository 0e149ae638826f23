/**
 * Path infos and narinfos: parse, print, fingerprint, sign, trust.
 *
 * @module
 */
export type { FingerprintOptions } from './fingerprint.ts';
export { fingerprint } from './fingerprint.ts';
export type { ParseNarInfoOptions } from './parse.ts';
export { parseNarInfo } from './parse.ts';
export type { NarInfo, PathInfo } from './path-info.ts';
export type { PathInfoJsonOptions } from './path-info-json.ts';
export { parsePathInfoJson } from './path-info-json.ts';
export type { PrintNarInfoOptions } from './print.ts';
export { printNarInfo } from './print.ts';
export type { TrustOptions } from './sign.ts';
export { assertSigned, assertTrusted, isContentAddressed, signPathInfo, validSigners } from './sign.ts';

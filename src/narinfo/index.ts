/**
 * Path infos and narinfos: parse, print, fingerprint, sign, trust.
 *
 * @module
 */
export type { EditNarInfoDocumentOptions, NarInfoDocument, NarInfoField } from './document.ts';
export { editNarInfoDocument, parseNarInfoDocument, printNarInfoDocument } from './document.ts';
export type { ExplainTrustOptions, SignatureExplanation, TrustExplanation } from './explain.ts';
export { explainTrust } from './explain.ts';
export type { FingerprintOptions } from './fingerprint.ts';
export { fingerprint } from './fingerprint.ts';
export type { FingerprintChange, FingerprintChangeCode } from './fingerprint-variants.ts';
export type { LintNarInfoOptions, NarInfoLint, NarInfoQuirk } from './lint.ts';
export { lintNarInfo } from './lint.ts';
export type { ParseNarInfoOptions } from './parse.ts';
export { narInfoOfDocument, parseNarInfo } from './parse.ts';
export type { NarInfo, PathInfo } from './path-info.ts';
export type { PathInfoJsonOptions } from './path-info-json.ts';
export { parsePathInfoJson } from './path-info-json.ts';
export type { PathInfoJsonFormat, PrintPathInfoJsonOptions } from './path-info-json-print.ts';
export { printPathInfoJson } from './path-info-json-print.ts';
export type { CompiledPolicy, EvaluatePolicyOptions, PolicyDecision, PolicyReason } from './policy.ts';
export { compilePolicy } from './policy.ts';
export type { PrintNarInfoOptions } from './print.ts';
export { printNarInfo } from './print.ts';
export type { NarInfoConsumer, NarInfoQuirkCode, NarInfoQuirkKind, NarInfoVerdict } from './quirk.ts';
export { NAR_INFO_QUIRKS } from './quirks.ts';
export type { TrustOptions } from './sign.ts';
export { assertSigned, assertTrusted, isContentAddressed, signPathInfo, validSigners } from './sign.ts';

/**
 * A conformance kit for the formats of Nix: inputs, and what Nix 2.8, a current Nix and narkit make of
 * them. The cases are JSON, `narkit/conformance/<topic>.json`, for libraries in any language.
 *
 * @module
 */
export { narkitOperations } from './narkit.ts';
export type { ConformanceOperation, ConformanceOperations } from './operations.ts';
export type { ConformanceResult, RunConformanceOptions } from './run.ts';
export { runConformance, sameVerdict } from './run.ts';
export type {
  ConformanceAuthority,
  ConformanceCase,
  ConformanceReader,
  ConformanceSuite,
  ConformanceVerdict,
  Json,
} from './suite.ts';

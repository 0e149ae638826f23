/**
 * Running a suite.
 *
 * @module
 */
import { checkOptions } from '../options.ts';
import type { ConformanceOperation, ConformanceOperations } from './operations.ts';
import type {
  ConformanceCase,
  ConformanceReader,
  ConformanceSuite,
  ConformanceVerdict,
  Json,
} from './suite.ts';

/** Options of {@link runConformance}. */
export interface RunConformanceOptions {
  /** Whose verdicts are the right ones. @default 'nix-2.34' */
  reader?: ConformanceReader;
}

/** How one case went. */
export interface ConformanceResult {
  readonly case: ConformanceCase;
  /** What the operations made of the input; `undefined` where there is no such operation. */
  readonly verdict: ConformanceVerdict | undefined;
  /**
   * Whether that is what the reader makes of it: the same result, or refused as well, for whatever reason.
   * `undefined` where the one or the other has no verdict.
   */
  readonly pass: boolean | undefined;
}

/**
 * Runs every case of a suite, one after another, against one's own operations.
 *
 * @example
 * ```ts
 * import { type ConformanceSuite, narkitOperations, runConformance } from 'narkit/conformance';
 * import json from 'narkit/conformance/nix32.json' with { type: 'json' };
 *
 * const suite = json as ConformanceSuite;
 * const results = await runConformance(suite, narkitOperations[suite.topic] ?? {});
 * const failed = results.filter(({ pass, case: { why } }) => pass === false && why === undefined);
 * console.log(failed.length); // 0
 * ```
 */
export async function runConformance(
  suite: Pick<ConformanceSuite, 'cases'>,
  operations: ConformanceOperations,
  options: RunConformanceOptions = {},
): Promise<ConformanceResult[]> {
  checkOptions('runConformance', options, ['reader']);
  const results: ConformanceResult[] = [];
  for (const each of suite.cases) {
    const operation = Object.hasOwn(operations, each.operation) ? operations[each.operation] : undefined;
    const verdict = operation && (await verdictOf(operation, each.input));
    const expected = each.verdicts[options.reader ?? 'nix-2.34'];
    results.push({ case: each, verdict, pass: verdict && expected && sameVerdict(verdict, expected) });
  }
  return results;
}

/**
 * Whether both refuse the input, for whatever reason, or both read it with the same result.
 */
export function sameVerdict(a: ConformanceVerdict, b: ConformanceVerdict): boolean {
  if ('accepts' in a && 'accepts' in b) return canonical(a.accepts) === canonical(b.accepts);
  return 'rejects' in a && 'rejects' in b;
}

async function verdictOf(
  operation: ConformanceOperation,
  input: ConformanceCase['input'],
): Promise<ConformanceVerdict> {
  try {
    return { accepts: await operation(input) };
  } catch (err) {
    return { rejects: reason(err) };
  }
}

/** The code of an error, or else its name. */
function reason(err: unknown): string {
  if (!(err instanceof Error)) return String(err);
  return 'code' in err && typeof err.code === 'string' ? err.code : err.name;
}

/** JSON text that does not depend on the order of keys. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

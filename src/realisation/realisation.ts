/**
 * Realisations, the build trace: which path an output of a content-addressed derivation was built to
 * (narinfo.md section 7). Experimental in Nix, with two layouts so far.
 *
 * @module
 */
import { toBase64 } from '../bytes/bytes.ts';
import { ParseError } from '../errors.ts';
import type { Signature } from '../signature/signature.ts';
import { compareSignatures, parseSignature, printSignature } from '../signature/signature.ts';
import type { StorePath } from '../store-path/store-path.ts';
import { parseBaseName } from '../store-path/store-path.ts';
import type { DrvHashOutput, RealisationId } from './key.ts';
import { parseDrvHashOutput, printDrvHashOutput, realisationKey } from './key.ts';

/** That an output came to be a path. */
export interface Realisation {
  readonly id: RealisationId;
  readonly outPath: StorePath;
  readonly signatures: readonly Signature[];
  /** What it was built with, in the order of their texts; the older layout only, absent where none. */
  readonly dependentRealisations?: readonly DependentRealisation[];
}

/** An output that a realisation was built with. */
export interface DependentRealisation {
  readonly id: DrvHashOutput;
  readonly outPath: StorePath;
}

type Json = Record<string, unknown>;

/**
 * Parses the object at `realisationKey(id)`. It is in the layout that `id` belongs to, and must be of
 * this output where it says of which it is. Signatures may be texts or objects in either layout, or
 * missing.
 *
 * @throws ParseError `ERR_PARSE_REALISATION` naming the field.
 *
 * @example
 * ```ts
 * import { parseRealisation, parseRealisationKey, printRealisation } from 'narkit/realisation';
 *
 * const id = parseRealisationKey('build-trace-v2/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.drv/out.doi');
 * const text = '{"outPath":"kxmcy35rn05v2h8fkx0d1nbrz0ymf72a-cadrv","signatures":[]}';
 * const realisation = parseRealisation(text, id);
 * console.log(realisation.outPath); // kxmcy35rn05v2h8fkx0d1nbrz0ymf72a-cadrv
 * console.log(printRealisation(realisation) === text); // true
 * ```
 */
export function parseRealisation(text: string, id: RealisationId): Realisation {
  const key = realisationKey(id);
  const field = <T>(name: string, read: () => T): T => {
    try {
      return read();
    } catch (cause) {
      throw bad(key, `${name}: ${(cause as Error).message}`, name, cause);
    }
  };
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw bad(key, 'it is not JSON', undefined, cause);
  }
  if (!isObject(document)) throw bad(key, 'it is not a JSON object');
  const { outPath, signatures, id: stated, dependentRealisations: dependent } = document;
  if ('drvHash' in id) {
    const actual = field('id', () => printDrvHashOutput(parseDrvHashOutput(string(stated))));
    if (actual !== printDrvHashOutput(id)) throw bad(key, `it is of another output, ${actual}`, 'id');
  }
  const dependencies = 'drvHash' in id ? field('dependentRealisations', () => parseDependent(dependent)) : [];
  return {
    id,
    outPath: field('outPath', () => parseBaseName(string(outPath))),
    signatures: field('signatures', () => parseSignatures(signatures)),
    ...(dependencies.length === 0 ? {} : { dependentRealisations: dependencies }),
  };
}

/**
 * The object as Nix writes it, in the layout that the realisation's `id` belongs to: compact JSON
 * without newline, the inverse of {@link parseRealisation}.
 *
 * @throws RangeError where the newer layout is to hold `dependentRealisations`: it cannot.
 */
export function printRealisation(realisation: Realisation): string {
  const signatures = [...realisation.signatures].sort(compareSignatures);
  const printed =
    'drvHash' in realisation.id
      ? signatures.map(printSignature)
      : signatures.map(({ keyName, sig }) => ({ keyName, sig: toBase64(sig) }));
  return JSON.stringify({ ...realisationFacts(realisation), signatures: printed });
}

/** What the document says besides its signatures, its keys in order. */
export function realisationFacts(realisation: Realisation): Json {
  const { id, outPath, dependentRealisations = [] } = realisation;
  if ('drvHash' in id) {
    const dependent = dependentRealisations.map((each): [string, StorePath] => [
      printDrvHashOutput(each.id),
      each.outPath,
    ]);
    dependent.sort(([a], [b]) => (a < b ? -1 : 1));
    return { dependentRealisations: Object.fromEntries(dependent), id: printDrvHashOutput(id), outPath };
  }
  if (dependentRealisations.length > 0)
    throw new RangeError(`the layout of ${realisationKey(id)} has no dependent realisations`);
  return { outPath };
}

function parseDependent(value: unknown): DependentRealisation[] {
  if (value === undefined) return [];
  if (!isObject(value)) throw new TypeError('not an object');
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, path]) => ({ id: parseDrvHashOutput(id), outPath: parseBaseName(string(path)) }));
}

function parseSignatures(value: unknown): Signature[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new TypeError('not an array');
  return value.map((each: unknown) =>
    parseSignature(isObject(each) ? `${string(each['keyName'])}:${string(each['sig'])}` : string(each)),
  );
}

function string(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`expected a string, got ${JSON.stringify(value)}`);
  return value;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(key: string, why: string, field?: string, cause?: unknown): ParseError {
  return new ParseError('ERR_PARSE_REALISATION', `invalid realisation '${key}': ${why}`, { field, cause });
}

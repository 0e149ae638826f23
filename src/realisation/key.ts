/**
 * Which output of which derivation, and where a cache keeps what came of it (narinfo.md section 7).
 *
 * @module
 */
import { ParseError } from '../errors.ts';
import type { Hash } from '../hash/hash.ts';
import { parseHash, printHash } from '../hash/hash.ts';
import type { StorePath } from '../store-path/store-path.ts';
import { checkPathName, parseBaseName } from '../store-path/store-path.ts';

/** An output as Nix 2.4 to 2.34 name it: `sha256:<base16>!<output>`, in `realisations/`. */
export interface DrvHashOutput {
  /** Of the derivation "modulo" its inputs: not that of its store path. */
  readonly drvHash: Hash;
  /** Such as `out`. */
  readonly outputName: string;
}

/** An output as Nix 2.35 and later name it, in `build-trace-v2/`. */
export interface DrvPathOutput {
  readonly drvPath: StorePath;
  /** Such as `out`. */
  readonly outputName: string;
}

/** An output in either layout; the layout is told by which member it has. */
export type RealisationId = DrvHashOutput | DrvPathOutput;

const OLD = 'realisations/';
const NEW = 'build-trace-v2/';
const END = '.doi';

/**
 * The key of an output's realisation: `realisations/sha256:<base16>!<output>.doi`, or
 * `build-trace-v2/<base name of the derivation>/<output>.doi`.
 *
 * @throws ParseError `ERR_PARSE_STORE_PATH` for a bad output name.
 *
 * @example
 * ```ts
 * import { parseRealisationKey, realisationKey } from 'narkit/realisation';
 * import { parseBaseName } from 'narkit/store-path';
 *
 * const drvPath = parseBaseName('8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.drv');
 * const key = realisationKey({ drvPath, outputName: 'out' });
 * console.log(key); // build-trace-v2/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.drv/out.doi
 * console.log(parseRealisationKey(key).outputName); // out
 * ```
 */
export function realisationKey(id: RealisationId): string {
  if ('drvHash' in id) return `${OLD}${printDrvHashOutput(id)}${END}`;
  return `${NEW}${id.drvPath}/${checkPathName(id.outputName)}${END}`;
}

/**
 * The inverse of {@link realisationKey}.
 *
 * @throws ParseError `ERR_PARSE_REALISATION` for keys of other things, and for those that Nix would
 *   write otherwise (a digest in nix32): nobody would find them.
 */
export function parseRealisationKey(key: string): RealisationId {
  try {
    const id = parseKey(key);
    if (realisationKey(id) === key) return id;
  } catch (cause) {
    throw bad(key, (cause as Error).message, cause);
  }
  throw bad(key, 'Nix writes it otherwise: one slash, or the digest in base16, lower case');
}

function parseKey(key: string): RealisationId {
  const [, layout, name] = /^(realisations\/|build-trace-v2\/)(.*)\.doi$/s.exec(key) ?? [];
  if (layout === undefined || name === undefined)
    throw new TypeError(`it must be ${OLD}*${END} or ${NEW}*/*${END}`);
  if (layout === OLD) return parseDrvHashOutput(name);
  const [drvPath = '', outputName = ''] = name.split('/');
  return { drvPath: parseBaseName(drvPath), outputName: checkPathName(outputName) };
}

/** `sha256:<base16>!<output>`, the `id` of the older layout. */
export function printDrvHashOutput(id: DrvHashOutput): string {
  return `${printHash(id.drvHash, 'base16')}!${checkPathName(id.outputName)}`;
}

/** The inverse of {@link printDrvHashOutput}; the digest may have any form. */
export function parseDrvHashOutput(text: string): DrvHashOutput {
  const [hash = '', outputName, ...more] = text.split('!');
  if (outputName === undefined || more.length > 0)
    throw new TypeError('an output must have the form <hash>!<output name>');
  return { drvHash: parseHash(hash), outputName: checkPathName(outputName) };
}

function bad(key: string, why: string, cause?: unknown): ParseError {
  return new ParseError(
    'ERR_PARSE_REALISATION',
    `invalid key of a realisation ${JSON.stringify(key)}: ${why}`,
    {
      cause,
    },
  );
}

/**
 * Reading `.narinfo` (narinfo.md section 3).
 *
 * @module
 */
import { ParseError } from '../errors.ts';
import { parseHash } from '../hash/hash.ts';
import { checkOptions } from '../options.ts';
import { parseSignature } from '../signature/signature.ts';
import { parseContentAddress } from '../store-path/content-address.ts';
import type { StoreDir, StorePath } from '../store-path/store-path.ts';
import { parseBaseName, parseStorePath } from '../store-path/store-path.ts';
import type { NarInfo } from './path-info.ts';

/** Options of {@link parseNarInfo}. */
export interface ParseNarInfoOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
}

/** A field that may come once, with its line, or several times, the last one counting. */
interface Field {
  readonly value: string;
  readonly line: number;
}

/**
 * Parses a narinfo as current Nix understands it: unknown fields are passed over, of repeated ones
 * the last counts (`Sig` may repeat, a second `CA` or non-empty `References` is an error), a missing
 * `Compression` means `bzip2`, missing `References` none. Where Nix's scanner silently swallows a
 * line (no space after the colon, an empty line) this is an error instead.
 *
 * @throws ParseError `ERR_PARSE_NAR_INFO` with `line` and `field`.
 *
 * @example
 * ```ts
 * import { parseNarInfo } from 'narkit/narinfo';
 *
 * const text = `StorePath: /nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt
 * URL: nar/04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw.nar
 * Compression: none
 * NarHash: sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw
 * NarSize: 120
 * References: ${''}
 * `;
 * console.log(parseNarInfo(text).narSize); // 120
 * ```
 */
export function parseNarInfo(text: string, options: ParseNarInfoOptions = {}): NarInfo {
  checkOptions('parseNarInfo', options, ['storeDir']);
  const { fields, signatures } = splitFields(text);

  const optional = <T>(name: string, parse: (value: string) => T): T | undefined => {
    const field = fields.get(name);
    if (field === undefined) return undefined;
    try {
      return parse(field.value);
    } catch (cause) {
      throw bad((cause as Error).message, field.line, name, cause);
    }
  };
  const required = <T>(name: string, parse: (value: string) => T): T => {
    const value = optional(name, parse);
    if (value === undefined) throw bad('it is missing', undefined, name);
    return value;
  };

  const deriver = optional('Deriver', (value) =>
    value === 'unknown-deriver' ? undefined : parseBaseName(value),
  );
  const ca = optional('CA', (value) => (value === '' ? undefined : parseContentAddress(value)));
  const fileHash = optional('FileHash', (value) => parseHash(value));
  const fileSize = optional('FileSize', parseSize);
  return {
    storePath: required('StorePath', (value) => parseStorePath(value, options)),
    url: required('URL', nonEmpty),
    compression: optional('Compression', (value) => value) || 'bzip2',
    ...(fileHash === undefined ? {} : { fileHash }),
    ...(fileSize === undefined || fileSize === 0 ? {} : { fileSize }),
    narHash: required('NarHash', (value) => parseHash(value)),
    narSize: required('NarSize', parsePositiveSize),
    references: optional('References', parseReferences) ?? [],
    ...(deriver === undefined ? {} : { deriver }),
    signatures: signatures.map(({ value, line }) => {
      try {
        return parseSignature(value);
      } catch (cause) {
        throw bad((cause as Error).message, line, 'Sig', cause);
      }
    }),
    ...(ca === undefined ? {} : { ca }),
  };
}

function splitFields(text: string): { fields: Map<string, Field>; signatures: Field[] } {
  if (!text.endsWith('\n')) throw bad('the text does not end in a newline: it may be truncated');
  const fields = new Map<string, Field>();
  const signatures: Field[] = [];
  const lines = text.slice(0, -1).split('\n');
  for (const [index, content] of lines.entries()) {
    const line = index + 1;
    const colon = content.indexOf(':');
    if (colon < 0)
      throw bad(content === '' ? 'an empty line' : `no colon in ${JSON.stringify(content)}`, line);
    if (content[colon + 1] !== ' ') throw bad(`no space after the colon in ${JSON.stringify(content)}`, line);
    const name = content.slice(0, colon);
    const field = { value: content.slice(colon + 2), line };
    if (name === 'Sig') {
      signatures.push(field);
      continue;
    }
    const earlier = fields.get(name);
    if (earlier !== undefined && (name === 'CA' || (name === 'References' && earlier.value.trim() !== ''))) {
      throw bad('it is there twice', line, name);
    }
    fields.set(name, field);
  }
  return { fields, signatures };
}

/** Base names separated by spaces; in cached narinfos not always sorted, nor each once. */
function parseReferences(value: string): StorePath[] {
  const paths = value.split(' ').filter((name) => name !== '');
  return [...new Set(paths.map(parseBaseName))].sort();
}

function nonEmpty(value: string): string {
  if (value === '') throw new RangeError('it is empty');
  return value;
}

function parseSize(value: string): number {
  // A leading `+` is accepted by Nix too.
  const size = /^\+?[0-9]+$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(size))
    throw new RangeError(`${JSON.stringify(value)} is no size in bytes from 0 to 2^53-1`);
  return size;
}

function parsePositiveSize(value: string): number {
  const size = parseSize(value);
  if (size === 0) throw new RangeError('it must not be 0');
  return size;
}

function bad(why: string, line?: number, field?: string, cause?: unknown): ParseError {
  const where = [field, line === undefined ? undefined : `line ${line}`].filter((part) => part !== undefined);
  return new ParseError(
    'ERR_PARSE_NAR_INFO',
    `invalid narinfo${where.length > 0 ? ` (${where.join(', ')})` : ''}: ${why}`,
    {
      line,
      field,
      cause,
    },
  );
}

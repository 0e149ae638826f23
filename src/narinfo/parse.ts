/**
 * Reading `.narinfo` (narinfo.md section 3).
 *
 * @module
 */
import { parseHash } from '../hash/hash.ts';
import { checkOptions } from '../options.ts';
import { parseSignature } from '../signature/signature.ts';
import { parseContentAddress } from '../store-path/content-address.ts';
import type { StoreDir, StorePath } from '../store-path/store-path.ts';
import { parseBaseName, parseStorePath } from '../store-path/store-path.ts';
import type { NarInfoDocument } from './document.ts';
import { badNarInfo, parseNarInfoDocument } from './document.ts';
import type { NarInfo } from './path-info.ts';

/** Options of {@link parseNarInfo} and {@link narInfoOfDocument}. */
export interface ParseNarInfoOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
}

/** A field that may come once, with its line, or several times, the last one counting. */
interface Line {
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
  return narInfoOfDocument(parseNarInfoDocument(text), options);
}

/**
 * The typed view of a document, by the rules of {@link parseNarInfo}.
 *
 * @throws ParseError `ERR_PARSE_NAR_INFO` with `line` (of the printed document) and `field`.
 */
export function narInfoOfDocument(document: NarInfoDocument, options: ParseNarInfoOptions = {}): NarInfo {
  checkOptions('narInfoOfDocument', options, ['storeDir']);
  const { fields, signatures } = pickFields(document);

  const optional = <T>(name: string, parse: (value: string) => T): T | undefined => {
    const field = fields.get(name);
    if (field === undefined) return undefined;
    try {
      return parse(field.value);
    } catch (cause) {
      throw badNarInfo((cause as Error).message, field.line, name, cause);
    }
  };
  const required = <T>(name: string, parse: (value: string) => T): T => {
    const value = optional(name, parse);
    if (value === undefined) throw badNarInfo('it is missing', undefined, name);
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
        throw badNarInfo((cause as Error).message, line, 'Sig', cause);
      }
    }),
    ...(ca === undefined ? {} : { ca }),
  };
}

/** The lines that count. */
function pickFields(document: NarInfoDocument): { fields: Map<string, Line>; signatures: Line[] } {
  const fields = new Map<string, Line>();
  const signatures: Line[] = [];
  for (const [index, { name, value }] of document.fields.entries()) {
    const line = index + 1;
    if (name === 'Sig') {
      signatures.push({ value, line });
      continue;
    }
    const earlier = fields.get(name);
    if (earlier !== undefined && (name === 'CA' || (name === 'References' && earlier.value.trim() !== ''))) {
      throw badNarInfo('it is there twice', line, name);
    }
    fields.set(name, { value, line });
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

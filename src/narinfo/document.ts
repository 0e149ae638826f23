/**
 * Narinfos without loss: every line as it stands, so that one can be changed without touching the
 * rest, unknown fields included.
 *
 * @module
 */
import { ParseError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import type { Signature } from '../signature/signature.ts';
import { parseSignature, printSignature } from '../signature/signature.ts';

/** One line, `<name>: <value>`. */
export interface NarInfoField {
  /** Such as `NarHash`; without a colon. */
  readonly name: string;
  /** What follows the colon and its space, white space and a carriage return included. */
  readonly value: string;
}

/** A narinfo as its lines: order, duplicates and unknown fields are kept. */
export interface NarInfoDocument {
  readonly fields: readonly NarInfoField[];
}

/** Options of {@link editNarInfoDocument}: what to change. */
export interface EditNarInfoDocumentOptions {
  /**
   * All signatures that it is to have: lines of those it has stay as they are, other `Sig` lines
   * go, and a line is added for each new one. @default unchanged
   */
  signatures?: readonly Signature[];
  /**
   * Values by field name. The line that counts, the last of that name, gets the value, and earlier ones
   * go; a new field is put where Nix would write it; `undefined` removes a field. @default unchanged
   */
  fields?: Readonly<Record<string, string | undefined>>;
}

/** The fields in the order in which Nix writes them (narinfo.md section 2). */
export const FIELD_ORDER: readonly string[] = [
  'StorePath',
  'URL',
  'Compression',
  'FileHash',
  'FileSize',
  'NarHash',
  'NarSize',
  'References',
  'Deriver',
  'Sig',
  'CA',
];

/** A line of any text, whether it is one of a narinfo or not. */
export interface RawLine {
  readonly text: string;
  /** Index of the first colon, or -1. */
  readonly colon: number;
}

/** All lines of any text, for those who look at what is wrong with it. `ended`: the last one has its newline. */
export function splitLines(text: string): { lines: RawLine[]; ended: boolean } {
  const ended = text.endsWith('\n');
  const lines = (ended ? text.slice(0, -1) : text).split('\n');
  return { lines: lines.map((line) => ({ text: line, colon: line.indexOf(':') })), ended };
}

/**
 * Parses the lines of a narinfo; what the values mean is the business of `parseNarInfo` and
 * `narInfoOfDocument`.
 *
 * @throws ParseError `ERR_PARSE_NAR_INFO` with `line`, for a text without final newline, an empty
 *   line, or one without colon and space: there Nix's scanner would swallow lines.
 *
 * @example
 * ```ts
 * import { parseNarInfoDocument, printNarInfoDocument } from 'narkit/narinfo';
 *
 * const text = 'StorePath: /nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt\nX-Origin: builder 7\n';
 * const document = parseNarInfoDocument(text);
 * console.log(document.fields[1]); // { name: 'X-Origin', value: 'builder 7' }
 * console.log(printNarInfoDocument(document) === text); // true
 * ```
 */
export function parseNarInfoDocument(text: string): NarInfoDocument {
  if (!text.endsWith('\n')) throw badNarInfo('the text does not end in a newline: it may be truncated');
  const fields: NarInfoField[] = [];
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const colon = text.indexOf(':', at);
    if (colon < 0 || colon > end || text[colon + 1] !== ' ')
      throw badLine(text.slice(at, end), fields.length + 1);
    fields.push({ name: text.slice(at, colon), value: text.slice(colon + 2, end) });
    at = end + 1;
  }
  return { fields };
}

function badLine(text: string, line: number): ParseError {
  if (text === '') return badNarInfo('an empty line', line);
  return badNarInfo(
    `no ${text.includes(':') ? 'space after the ' : ''}colon in ${JSON.stringify(text)}`,
    line,
  );
}

/**
 * The text of a document: the inverse of {@link parseNarInfoDocument}, byte for byte.
 *
 * @throws RangeError for a document without fields, or a field that would not be read back.
 */
export function printNarInfoDocument(document: NarInfoDocument): string {
  if (document.fields.length === 0) throw new RangeError('a narinfo needs at least one field');
  return document.fields.map(({ name, value }) => `${checkField(name, value)}: ${value}\n`).join('');
}

/**
 * The same document with some fields changed and every other line as it was: what signing a narinfo
 * with unknown fields takes. Add signatures with `mergeSignatures` of `narkit/signature`.
 *
 * @throws RangeError for a field that would not be read back, or for `Sig` among `fields`.
 *
 * @example
 * ```ts
 * import { editNarInfoDocument, parseNarInfoDocument, printNarInfoDocument } from 'narkit/narinfo';
 * import { parseSignature } from 'narkit/signature';
 *
 * const document = parseNarInfoDocument('URL: nar/a.nar\nX-Origin: builder 7\nReferences: \n');
 * const edited = editNarInfoDocument(document, {
 *   signatures: [parseSignature('cache-1:AAAA')],
 *   fields: { URL: 'nar/b.nar' },
 * });
 * console.log(JSON.stringify(printNarInfoDocument(edited)));
 * // "URL: nar/b.nar\nX-Origin: builder 7\nReferences: \nSig: cache-1:AAAA\n"
 * ```
 */
export function editNarInfoDocument(
  document: NarInfoDocument,
  options: EditNarInfoDocumentOptions,
): NarInfoDocument {
  checkOptions('editNarInfoDocument', options, ['signatures', 'fields']);
  let fields = [...document.fields];
  for (const [name, value] of Object.entries(options.fields ?? {})) {
    if (name === 'Sig') throw new RangeError("'Sig' may repeat: pass 'signatures'");
    checkField(name, value ?? '');
    const last = fields.findLastIndex((field) => field.name === name);
    const others = fields.filter((field, at) => field.name !== name || at === last);
    if (value === undefined) fields = others.filter((field) => field.name !== name);
    else if (last < 0) fields = insert(fields, [{ name, value }]);
    else fields = others.map((field) => (field.name === name ? { name, value } : field));
  }
  if (options.signatures !== undefined) fields = withSignatures(fields, options.signatures);
  return { fields };
}

function withSignatures(fields: readonly NarInfoField[], signatures: readonly Signature[]): NarInfoField[] {
  const wanted = new Set(signatures.map(printSignature));
  const had = new Set<string>();
  const kept = fields.filter(({ name, value }) => {
    if (name !== 'Sig') return true;
    const text = canonicalSignature(value);
    if (text === undefined || !wanted.has(text)) return false;
    had.add(text);
    return true;
  });
  const added = [...wanted].filter((text) => !had.has(text));
  return insert(
    kept,
    added.map((value) => ({ name: checkField('Sig', value), value })),
  );
}

/** As `printSignature` has it; base64 can be written in more than one way. */
function canonicalSignature(value: string): string | undefined {
  try {
    return printSignature(parseSignature(value));
  } catch {
    return undefined;
  }
}

/** Puts fields of one name after the last line that comes before them in Nix's order. */
function insert(fields: readonly NarInfoField[], added: readonly NarInfoField[]): NarInfoField[] {
  const rank = FIELD_ORDER.indexOf(added[0]?.name ?? '');
  if (rank < 0) return [...fields, ...added];
  const before = FIELD_ORDER.slice(0, rank + 1);
  const at = fields.findLastIndex((field) => before.includes(field.name)) + 1;
  return fields.toSpliced(at, 0, ...added);
}

function checkField(name: string, value: string): string {
  if (/[:\n]/.test(name) || value.includes('\n')) {
    throw new RangeError(
      `a narinfo field must not have a newline, nor its name a colon: ${JSON.stringify(`${name}: ${value}`)}`,
    );
  }
  return name;
}

/** The error of everything that reads narinfos. */
export function badNarInfo(why: string, line?: number, field?: string, cause?: unknown): ParseError {
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

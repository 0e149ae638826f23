/**
 * Everything odd about a narinfo, as data, and who minds.
 *
 * @module
 */
import { checkOptions } from '../options.ts';
import type { Signature } from '../signature/signature.ts';
import { compareSignatures, parseSignature, printSignature } from '../signature/signature.ts';
import type { StoreDir, StorePath } from '../store-path/store-path.ts';
import { checkStoreDir, DEFAULT_STORE_DIR, printStorePath } from '../store-path/store-path.ts';
import { FIELD_ORDER, type RawLine, splitLines } from './document.ts';
import { canonicalPath, lintValue } from './lint-values.ts';
import type { NarInfoConsumer, NarInfoQuirkCode, NarInfoVerdict } from './quirk.ts';
import { NAR_INFO_QUIRKS, narInfoVerdicts } from './quirks.ts';

/** Options of {@link lintNarInfo}. */
export interface LintNarInfoOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
  /** The path whose narinfo this should be. @default any */
  storePath?: StorePath;
}

/** One oddity of one narinfo. */
export interface NarInfoQuirk {
  readonly code: NarInfoQuirkCode;
  /** 1-based; absent where something is missing. */
  readonly line?: number;
  /** The field it is about, such as `NarHash`. */
  readonly field?: string;
  readonly message: string;
}

/** What {@link lintNarInfo} found. */
export interface NarInfoLint {
  /** By line, what is missing last; none for a text just as Nix writes it. */
  readonly quirks: readonly NarInfoQuirk[];
  /** What each consumer makes of the text as a whole. */
  readonly verdicts: Readonly<Record<NarInfoConsumer, NarInfoVerdict>>;
}

/** A field as Nix's scanner sees it. */
interface SeenField {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

type Report = (code: NarInfoQuirkCode, line?: number, field?: string) => void;

const REQUIRED = ['StorePath', 'URL', 'NarHash', 'NarSize'];

/**
 * Lists the oddities of a narinfo, and what Nix and other readers make of them. Never throws for
 * what the text holds: unlike `parseNarInfo` it reads on as Nix does, swallowed lines included.
 *
 * @example
 * ```ts
 * import { lintNarInfo } from 'narkit/narinfo';
 *
 * const { quirks, verdicts } = lintNarInfo(`StorePath: /nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt
 * URL: nar/a.nar.xz
 * Compression: xz
 * FileHash: sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw
 * FileSize: 100
 * NarHash: sha256:1c37d01af40be2e80691de3cc3df44377a699afbb17c68f080964b2fd071fc13
 * NarSize: 120
 * References: ${''}
 * Sig: nonsense
 * `);
 * console.log(quirks.map(({ code, line, field }) => `${code} ${line} ${field}`));
 * // [ 'hash-base16 6 NarHash', 'sig-malformed 9 Sig' ]
 * console.log(verdicts['nix'], verdicts['nix-2.8'], verdicts['go-nix']); // rejects accepts rejects
 * ```
 */
export function lintNarInfo(text: string, options: LintNarInfoOptions = {}): NarInfoLint {
  checkOptions('lintNarInfo', options, ['storeDir', 'storePath']);
  const storeDir = checkStoreDir(options.storeDir ?? DEFAULT_STORE_DIR);
  const quirks: NarInfoQuirk[] = [];
  const report: Report = (code, line, field) => {
    const { message } = NAR_INFO_QUIRKS[code];
    quirks.push({
      code,
      ...(line === undefined ? {} : { line }),
      ...(field === undefined ? {} : { field }),
      message,
    });
  };
  const { lines, ended } = splitLines(text);
  if (!ended && text !== '') report('no-final-newline', lines.length);
  const fields = text === '' ? [] : scan(lines, report);
  for (const { name, value, line } of fields) {
    for (const code of lintValue(name, value, storeDir)) report(code, line, name);
  }
  lintRepeats(fields, report);
  lintOrder(fields, report);
  lintSignatures(fields, report);
  const asked = options.storePath && printStorePath(options.storePath, storeDir);
  const stated = fields.findLast(({ name }) => name === 'StorePath');
  if (asked !== undefined && stated !== undefined && canonicalPath(stated.value) !== asked) {
    report('other-path', stated.line, 'StorePath');
  }
  quirks.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  lintMissing(fields, report);
  return { quirks, verdicts: narInfoVerdicts(quirks.map(({ code }) => code)) };
}

/** Walks the lines as Nix's scanner does, which looks for the next colon and the next newline. */
function scan(lines: readonly RawLine[], report: Report): SeenField[] {
  const fields: SeenField[] = [];
  let hidden = false;
  for (let at = 0; at < lines.length; at++) {
    const { text, colon } = lines[at] as RawLine;
    const line = at + 1;
    if (text.endsWith('\r')) report('crlf', line);
    if (colon < 0) {
      report(text === '' ? 'blank-line' : 'no-colon', line);
      hidden = true;
      continue;
    }
    const name = text.slice(0, colon);
    const space = text[colon + 1];
    let value = text.slice(colon + 2);
    if (space === undefined) {
      report('missing-trailing-space', line, name);
      const next = lines[++at];
      if (next === undefined) report('cut-short', line, name);
      else report('hidden-line', line + 1);
      value = next?.text ?? '';
    } else if (space !== ' ') report(/\s/.test(space) ? 'odd-space' : 'no-space', line, name);
    // What came before became part of this name.
    if (hidden) report('hidden-line', line, name);
    else fields.push({ name, value, line });
    hidden = false;
  }
  if (hidden) report('cut-short', lines.length);
  return fields;
}

function lintRepeats(fields: readonly SeenField[], report: Report): void {
  const earlier = new Map<string, string>();
  for (const { name, value, line } of fields) {
    if (!FIELD_ORDER.includes(name)) report('unknown-field', line, name);
    const before = earlier.get(name);
    if (name !== 'Sig' && before !== undefined) {
      const once = (name === 'CA' || name === 'References') && before.trim() !== '';
      report(once ? 'repeated-field' : 'duplicate-field', line, name);
    }
    earlier.set(name, value);
  }
}

function lintOrder(fields: readonly SeenField[], report: Report): void {
  let highest = -1;
  for (const { name, line } of fields) {
    const rank = FIELD_ORDER.indexOf(name);
    if (rank >= 0 && rank < highest) report('field-order', line, name);
    highest = Math.max(highest, rank);
  }
}

function lintSignatures(fields: readonly SeenField[], report: Report): void {
  const seen = new Set<string>();
  let last: Signature | undefined;
  for (const { name, value, line } of fields) {
    if (name !== 'Sig' || lintValue(name, value, DEFAULT_STORE_DIR).includes('sig-malformed')) continue;
    const signature = parseSignature(value);
    const text = printSignature(signature);
    if (seen.has(text)) report('sig-duplicate', line, name);
    else if (last !== undefined && compareSignatures(last, signature) > 0) report('sig-unsorted', line, name);
    seen.add(text);
    last = signature;
  }
}

function lintMissing(fields: readonly SeenField[], report: Report): void {
  const values = new Map(fields.map(({ name, value }) => [name, value]));
  const isZero = (name: string): boolean => /^\+?0*$/.test(values.get(name) ?? '');
  for (const name of REQUIRED) {
    if (!values.get(name) || (name === 'NarSize' && isZero(name))) report('missing-field', undefined, name);
  }
  if (!values.get('Compression')) report('missing-compression', undefined, 'Compression');
  if (!values.has('References')) report('missing-references', undefined, 'References');
  if (!values.has('FileHash')) report('missing-file-hash', undefined, 'FileHash');
  if (isZero('FileSize')) report('missing-file-size', undefined, 'FileSize');
}

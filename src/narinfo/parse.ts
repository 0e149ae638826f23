/**
 * Reading `.narinfo` (narinfo.md section 3).
 *
 * @module
 */
import type { ParseError } from '../errors.ts';
import { parseHash } from '../hash/hash.ts';
import { checkOptions } from '../options.ts';
import { parseSignature, type Signature } from '../signature/signature.ts';
import { endOfBaseName } from '../store-path/base-name.ts';
import { parseContentAddress } from '../store-path/content-address.ts';
import type { StoreDir, StorePath } from '../store-path/store-path.ts';
import { parseBaseName, parseStorePath } from '../store-path/store-path.ts';
import type { NarInfoDocument, NarInfoField } from './document.ts';
import { badNarInfo, parseNarInfoDocument } from './document.ts';
import { type NarInfo, sortedReferences } from './path-info.ts';

/** Options of {@link parseNarInfo} and {@link narInfoOfDocument}. */
export interface ParseNarInfoOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
}

/**
 * Parses a narinfo as current Nix understands it: unknown fields are passed over, of repeated ones
 * the last counts (`Sig` may repeat; `CA` or `References` after one that is not empty are an error), a missing
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
  return readFields(parseNarInfoDocument(text), options, text);
}

/**
 * The typed view of a document, by the rules of {@link parseNarInfo}.
 *
 * @throws ParseError `ERR_PARSE_NAR_INFO` with `line` (of the printed document) and `field`.
 */
export function narInfoOfDocument(document: NarInfoDocument, options: ParseNarInfoOptions = {}): NarInfo {
  checkOptions('narInfoOfDocument', options, ['storeDir']);
  return readFields(document, options);
}

/** @param text the document's, where it is at hand: its parts take twice as long to look through as the whole. */
function readFields({ fields }: NarInfoDocument, options: ParseNarInfoOptions, text?: string): NarInfo {
  // With every field, so that none has to be added later: an object that grows is slow.
  const draft: Draft = {
    storePath: undefined,
    url: undefined,
    compression: undefined,
    fileHash: undefined,
    fileSize: undefined,
    narHash: undefined,
    narSize: undefined,
    references: undefined,
    signatures: [],
    deriver: undefined,
    ca: undefined,
  };
  let offset = 0;
  for (let at = 0; at < fields.length; at++) {
    const { name, value } = fields[at] as NarInfoField;
    const start = offset + name.length + 2;
    offset = start + value.length + 1;
    try {
      if (name !== 'References') readField(draft, name, value, options);
      else if (draft.references?.length) throw new RangeError('it is there twice');
      else if (text === undefined) draft.references = parseReferences(value, 0, value.length);
      else draft.references = parseReferences(text, start, offset - 1);
    } catch (cause) {
      throw badNarInfo((cause as Error).message, at + 1, name, cause);
    }
  }
  const { storePath, url, narHash, narSize, fileHash, fileSize, deriver, ca } = draft;
  if (storePath === undefined) throw missing(fields, 'StorePath');
  if (!url) throw missing(fields, 'URL');
  if (narHash === undefined) throw missing(fields, 'NarHash');
  if (!narSize) throw missing(fields, 'NarSize');
  const info: { -readonly [K in keyof NarInfo]: NarInfo[K] } = {
    storePath,
    url,
    compression: draft.compression || 'bzip2',
    narHash,
    narSize,
    references: draft.references ?? [],
    signatures: draft.signatures,
  };
  // One by one: spreading what may be absent takes longer than parsing it.
  if (fileHash !== undefined) info.fileHash = fileHash;
  if (fileSize) info.fileSize = fileSize;
  if (deriver !== undefined) info.deriver = deriver;
  if (ca !== undefined) info.ca = ca;
  return info;
}

/** What the lines so far have said. */
type Draft = { -readonly [K in keyof NarInfo]-?: NarInfo[K] | undefined } & {
  readonly signatures: Signature[];
};

/** Each value is checked when it comes, also where a later line overrules it. */
function readField(draft: Draft, name: string, value: string, options: ParseNarInfoOptions): void {
  switch (name) {
    case 'StorePath':
      draft.storePath = parseStorePath(value, options);
      break;
    case 'URL':
      draft.url = value;
      break;
    case 'Compression':
      draft.compression = value;
      break;
    case 'FileHash':
      draft.fileHash = parseHash(value);
      break;
    case 'FileSize':
      draft.fileSize = parseSize(value);
      break;
    case 'NarHash':
      draft.narHash = parseHash(value);
      break;
    case 'NarSize':
      draft.narSize = parseSize(value);
      break;
    case 'Deriver':
      if (value !== 'unknown-deriver') draft.deriver = parseBaseName(value);
      break;
    case 'Sig':
      draft.signatures.push(parseSignature(value));
      break;
    case 'CA':
      if (draft.ca !== undefined) throw new RangeError('it is there twice');
      if (value !== '') draft.ca = parseContentAddress(value);
      break;
  }
}

/** Of a field that must be there, and say something. */
function missing(fields: readonly NarInfoField[], name: string): ParseError {
  const at = fields.findLastIndex((field) => field.name === name);
  if (at < 0) return badNarInfo('it is missing', undefined, name);
  return badNarInfo(name === 'URL' ? 'it is empty' : 'it must not be 0', at + 1, name);
}

const SPACE = 0x20;

/** Base names separated by spaces, from `start` to `end`; in cached narinfos not always sorted, nor each once. */
function parseReferences(text: string, start: number, end: number): readonly StorePath[] {
  const references: StorePath[] = [];
  for (let at = start; at < end; ) {
    let to = endOfBaseName(text, at);
    if (to === end || (to >= 0 && text.charCodeAt(to) === SPACE))
      references.push(text.slice(at, to) as StorePath);
    else {
      const space = text.indexOf(' ', at);
      to = space < 0 || space > end ? end : space;
      if (to > at) references.push(parseBaseName(text.slice(at, to)));
    }
    at = to + 1;
  }
  return sortedReferences(references);
}

function parseSize(value: string): number {
  // A leading `+` is accepted by Nix too.
  const size = /^\+?[0-9]+$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(size))
    throw new RangeError(`${JSON.stringify(value)} is no size in bytes from 0 to 2^53-1`);
  return size;
}

/**
 * What can be odd about a narinfo, and what each reader makes of it: the tables behind `lintNarInfo`.
 *
 * @module
 */
import type { NarInfoConsumer, NarInfoQuirkCode, NarInfoQuirkKind, NarInfoVerdict } from './quirk.ts';
import { ELSEWHERE } from './quirks-elsewhere.ts';

/** `unknown` where nothing is known of a consumer: no verdict here is a guess. */
function kind(
  message: string,
  nix: NarInfoVerdict,
  others: Partial<Record<NarInfoConsumer, NarInfoVerdict>> = {},
): NarInfoQuirkKind {
  const unknown = { 'nix-compat': 'unknown', 'go-nix': 'unknown', harmonia: 'unknown' } as const;
  return { message, verdicts: { nix, 'nix-2.34': nix, 'nix-2.8': nix, ...unknown, ...others } };
}

const KINDS: Readonly<Record<NarInfoQuirkCode, NarInfoQuirkKind>> = {
  // Lines.
  'no-final-newline': kind('the text does not end in a newline: it may be truncated', 'rejects'),
  'cut-short': kind('the text ends where a colon or a value should follow', 'rejects'),
  'blank-line': kind('an empty line: Nix does not see the line after it', 'impaired'),
  'no-colon': kind('a line without a colon: Nix does not see the line after it', 'impaired'),
  'hidden-line': kind('Nix does not see this line, because of the one before it', 'impaired'),
  'no-space': kind('no space after the colon: Nix loses the first character of the value', 'impaired'),
  'odd-space': kind('white space other than a space after the colon', 'accepts'),
  'missing-trailing-space': kind(
    'nothing after the colon, not even a space: Nix takes the next line for the value',
    'impaired',
  ),
  crlf: kind('a carriage return at the end of the line is part of the value', 'impaired'),

  // Fields.
  'unknown-field': kind('a field that current Nix does not know', 'accepts'),
  'duplicate-field': kind('the field is there before; the last one counts', 'accepts'),
  'repeated-field': kind('the field must not come twice', 'rejects'),
  'field-order': kind('not in the order in which Nix writes fields', 'accepts'),
  'missing-field': kind('the field is missing', 'rejects'),
  'missing-compression': kind('Compression is missing or empty, which means bzip2', 'accepts'),
  'missing-references': kind('References is missing: the path refers to nothing', 'accepts'),
  'missing-file-hash': kind('FileHash is missing', 'accepts'),
  'missing-file-size': kind('FileSize is missing or 0', 'accepts'),

  // Values.
  'store-path-invalid': kind('not a store path, or not in the store directory', 'rejects'),
  'store-path-form': kind('not in canonical form (a trailing or doubled slash, dots)', 'accepts'),
  'other-path': kind('not the path that was asked for: treated as absent', 'rejects'),
  'name-dots': kind("a name that is '.' or '..', or begins with '.-' or '..-'", 'rejects', {
    'nix-2.8': 'accepts',
  }),
  'path-dash': kind("another character than '-' after the hash part of a path", 'rejects', {
    'nix-2.34': 'accepts',
    'nix-2.8': 'accepts',
  }),
  'unknown-compression': kind('a compression that Nix does not know; the download fails', 'rejects', {
    'nix-2.34': 'impaired',
    'nix-2.8': 'impaired',
  }),
  'hash-base16': kind('a digest in base16 instead of nix32', 'accepts'),
  'hash-base64': kind('a digest in base64 instead of nix32', 'accepts'),
  'hash-sri': kind('a hash in SRI form instead of nix32', 'accepts'),
  'hash-not-sha256': kind('another algorithm than sha256', 'accepts'),
  'hash-blake3': kind('blake3, an experimental feature', 'rejects'),
  'hash-invalid': kind('not a hash', 'rejects'),
  'size-form': kind('a size with a plus sign or leading zeros', 'accepts'),
  'size-huge': kind('a size above 2^53-1', 'accepts'),
  'size-invalid': kind('not an unsigned 64-bit decimal number', 'rejects'),
  'references-unsorted': kind('references that are not sorted', 'accepts'),
  'references-duplicate': kind('a reference that is there twice', 'accepts'),
  'references-spaces': kind('more than one space between references, or around them', 'accepts'),
  'references-invalid': kind('a reference that is not the base name of a store path', 'rejects'),
  'unknown-deriver': kind("Deriver is 'unknown-deriver', which means none", 'accepts'),
  'deriver-invalid': kind('Deriver is not the base name of a store path', 'rejects'),
  'sig-malformed': kind('not of the form <key name>:<base64>', 'rejects', { 'nix-2.8': 'accepts' }),
  'sig-length': kind(
    'not 64 bytes: never verifies, and Nix fails on it where the key name is trusted',
    'impaired',
  ),
  'sig-form': kind('base64 that is not canonical', 'accepts'),
  'sig-duplicate': kind('the signature is there before', 'accepts'),
  'sig-unsorted': kind('signatures that are not sorted by key name and bytes', 'accepts'),
  'ca-empty': kind('CA is empty, which means none', 'accepts'),
  'ca-invalid': kind('not a content address', 'rejects'),
  'ca-text-algorithm': kind('a text content address with another algorithm than sha256', 'impaired', {
    'nix-2.8': 'rejects',
  }),
  'ca-git': kind('a git content address, an experimental feature', 'rejects'),
};

/** Every kind of oddity, by code, with the verdict of each consumer. */
export const NAR_INFO_QUIRKS: Readonly<Record<NarInfoQuirkCode, NarInfoQuirkKind>> = Object.fromEntries(
  (Object.keys(KINDS) as NarInfoQuirkCode[]).map((code) => {
    const { message, verdicts } = KINDS[code];
    return [code, { message, verdicts: { ...verdicts, ...ELSEWHERE[code] } }];
  }),
) as Record<NarInfoQuirkCode, NarInfoQuirkKind>;

const SEVERITY: readonly NarInfoVerdict[] = ['accepts', 'unknown', 'impaired', 'rejects'];

/** What each consumer makes of a text with these oddities: the worst that any of them brings. */
export function narInfoVerdicts(codes: Iterable<NarInfoQuirkCode>): Record<NarInfoConsumer, NarInfoVerdict> {
  const worst: Record<NarInfoConsumer, NarInfoVerdict> = {
    nix: 'accepts',
    'nix-2.34': 'accepts',
    'nix-2.8': 'accepts',
    'nix-compat': 'accepts',
    'go-nix': 'accepts',
    harmonia: 'accepts',
  };
  const consumers = Object.keys(worst) as NarInfoConsumer[];
  for (const code of codes) {
    for (const consumer of consumers) {
      const verdict = NAR_INFO_QUIRKS[code].verdicts[consumer];
      if (SEVERITY.indexOf(verdict) > SEVERITY.indexOf(worst[consumer])) worst[consumer] = verdict;
    }
  }
  return worst;
}

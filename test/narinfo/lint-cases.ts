/** Odd narinfos: the text, the oddities, and whether Nix 2.8 and 2.34 can be made to read it. */
import { parseHash, printHash } from 'narkit/hash';
import { B_NARINFO, B_PATH, B_SIGNATURE } from './vectors.ts';

const NAR_HASH = '1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z';
const HASH = parseHash(`sha256:${NAR_HASH}`);
const HASH_PART = '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm';
const A = `${HASH_PART}-a.txt`;
const B = B_PATH.slice(11);

/** What the text is, the text, `code line field` of every oddity. */
export type LintCase = readonly [what: string, text: string, quirks: readonly string[]];

function edit(key: string, ...lines: string[]): string {
  return B_NARINFO.replace(new RegExp(`^${key}: .*\n`, 'm'), () => lines.map((line) => `${line}\n`).join(''));
}

const set = (key: string, value: string): string => edit(key, `${key}: ${value}`);
const twice = (key: string, ...values: string[]): string =>
  edit(key, ...values.map((value) => `${key}: ${value}`));
const ca = (value: string): string => set('CA', value);
const CA = 'text:sha256:11nagjvz1qv9sjkmd1h8mr7pp3xa6nyw9is1544pfmjs8nigcn6c';

export const LINT_CASES: readonly LintCase[] = [
  ['as Nix writes it', B_NARINFO, []],
  [
    'nothing',
    '',
    [
      ...['StorePath', 'URL', 'NarHash', 'NarSize'].map((field) => `missing-field ${field}`),
      'missing-compression Compression',
      'missing-references References',
      'missing-file-hash FileHash',
      'missing-file-size FileSize',
    ],
  ],
  ['no newline at the end', B_NARINFO.slice(0, -1), ['no-final-newline 10']],
  ['an empty line at the end', `${B_NARINFO}\n`, ['blank-line 11', 'cut-short 11']],
  [
    'an empty line before what is needed',
    edit('URL', '', 'URL: a'),
    ['blank-line 2', 'hidden-line 3 URL', 'missing-field URL'],
  ],
  [
    'an empty line before what is not needed',
    edit('Sig', '', '', `Sig: ${B_SIGNATURE}`),
    ['blank-line 9', 'blank-line 10', 'hidden-line 11 Sig'],
  ],
  ['no colon', edit('Sig', 'nonsense', 'X: 1'), ['no-colon 9', 'hidden-line 10 X']],
  ['no colon at the end', `${B_NARINFO}nonsense\n`, ['no-colon 11', 'cut-short 11']],
  ['no space', edit('NarSize', 'NarSize:168'), ['no-space 7 NarSize']],
  ['a tab', edit('NarSize', 'NarSize:\t168'), ['odd-space 7 NarSize']],
  [
    'References without its space',
    edit('References', 'References:'),
    ['missing-trailing-space 8 References', 'references-invalid 8 References', 'hidden-line 9'],
  ],
  [
    'an unknown field without its space',
    edit('Sig', 'X:', `Sig: ${B_SIGNATURE}`),
    ['missing-trailing-space 9 X', 'unknown-field 9 X', 'hidden-line 10'],
  ],
  [
    'nothing after the last colon',
    `${B_NARINFO}X:\n`,
    ['missing-trailing-space 11 X', 'cut-short 11 X', 'unknown-field 11 X'],
  ],
  ['CRLF in Sig', set('Sig', `${B_SIGNATURE}\r`), ['crlf 9', 'sig-form 9 Sig']],
  ['CRLF in StorePath', set('StorePath', `${B_PATH}\r`), ['crlf 1', 'store-path-invalid 1 StorePath']],
  ['an unknown field', edit('CA', `CA: ${CA}`, 'X-Odd: 1'), ['unknown-field 11 X-Odd']],
  ['a field without a name', edit('CA', ': 1'), ['unknown-field 10 ']],
  ['URL twice', twice('URL', '', 'a'), ['duplicate-field 3 URL']],
  ['URL twice, the last empty', twice('URL', 'a', ''), ['duplicate-field 3 URL', 'missing-field URL']],
  [
    'NarHash twice, the first wrong',
    twice('NarHash', 'x', `sha256:${NAR_HASH}`),
    ['hash-invalid 6 NarHash', 'duplicate-field 7 NarHash'],
  ],
  ['NarSize twice, the first 0', twice('NarSize', '0', '168'), ['duplicate-field 8 NarSize']],
  ['References twice', twice('References', A, ''), ['repeated-field 9 References']],
  [
    'References twice, the first blank',
    twice('References', '  ', A),
    ['references-spaces 8 References', 'duplicate-field 9 References'],
  ],
  ['CA twice', twice('CA', CA, CA), ['repeated-field 11 CA']],
  ['CA twice, the first empty', twice('CA', '', CA), ['ca-empty 10 CA', 'duplicate-field 11 CA']],
  ['another order', `URL: a\n${edit('URL')}`, ['field-order 2 StorePath']],
  ['no URL', edit('URL'), ['missing-field URL']],
  ['no NarHash', edit('NarHash'), ['missing-field NarHash']],
  ['NarSize 0', set('NarSize', '0'), ['missing-field NarSize']],
  ['no Compression', edit('Compression'), ['missing-compression Compression']],
  ['empty Compression', set('Compression', ''), ['missing-compression Compression']],
  ['no References', edit('References'), ['missing-references References']],
  ['no FileHash', edit('FileHash'), ['missing-file-hash FileHash']],
  ['no FileSize', edit('FileSize'), ['missing-file-size FileSize']],
  ['FileSize 0', set('FileSize', '0'), ['missing-file-size FileSize']],
  ['unknown compression', set('Compression', 'brotli'), ['unknown-compression 3 Compression']],
  ['every compression', set('Compression', 'lzop'), []],
  ['StorePath with slashes', set('StorePath', `/nix//x/../store/${B}//`), ['store-path-form 1 StorePath']],
  ['StorePath elsewhere', set('StorePath', `/gnu/store/${B}`), ['store-path-invalid 1 StorePath']],
  ['StorePath as base name', set('StorePath', B), ['store-path-invalid 1 StorePath']],
  ['base16', set('NarHash', printHash(HASH, 'base16')), ['hash-base16 6 NarHash']],
  ['base64', set('NarHash', printHash(HASH, 'base64')), ['hash-base64 6 NarHash']],
  ['SRI', set('FileHash', printHash(HASH, 'sri')), ['hash-sri 4 FileHash']],
  ['sha1', set('NarHash', 'sha1:143xibwh31h9bvxzalr0sjvbbvpa6ffs'), ['hash-not-sha256 6 NarHash']],
  ['blake3', set('FileHash', `blake3:${NAR_HASH}`), ['hash-blake3 4 FileHash']],
  ['a bare digest', set('FileHash', NAR_HASH), ['hash-invalid 4 FileHash']],
  ['an empty hash', set('FileHash', ''), ['hash-invalid 4 FileHash']],
  ['upper-case algorithm', set('FileHash', `SHA256:${NAR_HASH}`), ['hash-invalid 4 FileHash']],
  ['a plus', set('NarSize', '+168'), ['size-form 7 NarSize']],
  ['leading zeros', set('FileSize', '00168'), ['size-form 5 FileSize']],
  ['2^53', set('NarSize', '9007199254740992'), ['size-huge 7 NarSize']],
  ['2^64-1', set('FileSize', '18446744073709551615'), ['size-huge 5 FileSize']],
  ['2^64', set('FileSize', '18446744073709551616'), ['size-invalid 5 FileSize']],
  ['a negative size', set('FileSize', '-1'), ['size-invalid 5 FileSize']],
  [
    'unsorted, repeated, spaced references',
    set('References', `${A} ${B}  ${A} `),
    [
      'references-spaces 8 References',
      'references-duplicate 8 References',
      'references-unsorted 8 References',
    ],
  ],
  ['references with a tab', set('References', `${A}\t${B}`), ['references-invalid 8 References']],
  ['full paths', set('References', `/nix/store/${A}`), ['references-invalid 8 References']],
  ['a reference without its dash', set('References', `${HASH_PART}_a`), ['path-dash 8 References']],
  ["the name '.'", set('References', `${HASH_PART}-.`), ['name-dots 8 References']],
  ['a name with .-', set('References', `${HASH_PART}-..-a`), ['name-dots 8 References']],
  ['a name with .a', set('References', `${HASH_PART}-.a`), []],
  [
    'a dotted name that breaks another rule',
    set('References', `${HASH_PART}-.-${'a'.repeat(210)}`),
    ['references-invalid 8 References'],
  ],
  ['unknown-deriver', edit('Sig', 'Deriver: unknown-deriver'), ['unknown-deriver 9 Deriver']],
  ['empty Deriver', edit('Sig', 'Deriver: '), ['deriver-invalid 9 Deriver']],
  ['Deriver as full path', edit('Sig', `Deriver: /nix/store/${A}`), ['deriver-invalid 9 Deriver']],
  ['Sig without colon', set('Sig', 'x'), ['sig-malformed 9 Sig']],
  ['Sig without name', set('Sig', ':AAAA'), ['sig-malformed 9 Sig']],
  ['Sig without bytes', set('Sig', 'a:=AAAA'), ['sig-malformed 9 Sig']],
  ['Sig of no base64', set('Sig', 'a:***'), ['sig-malformed 9 Sig']],
  ['Sig too short', set('Sig', 'vector-1:AAAA'), ['sig-length 9 Sig']],
  ['Sig without padding', set('Sig', B_SIGNATURE.replace('==', '')), ['sig-form 9 Sig']],
  ['Sig twice', twice('Sig', B_SIGNATURE, B_SIGNATURE), ['sig-duplicate 10 Sig']],
  ['unsorted Sig', twice('Sig', B_SIGNATURE, B_SIGNATURE.replace('vector', 'a')), ['sig-unsorted 10 Sig']],
  ['CA empty', ca(''), ['ca-empty 10 CA']],
  ['CA malformed', ca('sha256:11nagjvz1qv9sjkmd1h8mr7pp3xa6nyw9is1544pfmjs8nigcn6c'), ['ca-invalid 10 CA']],
  ['CA with SRI', ca(`text:${printHash(HASH, 'sri')}`), ['ca-invalid 10 CA']],
  ['CA in base16', ca(`fixed:r:${printHash(HASH, 'base16')}`), ['hash-base16 10 CA']],
  ['CA with sha1', ca('fixed:sha1:143xibwh31h9bvxzalr0sjvbbvpa6ffs'), ['hash-not-sha256 10 CA']],
  [
    'text CA with sha1',
    ca('text:sha1:143xibwh31h9bvxzalr0sjvbbvpa6ffs'),
    ['ca-text-algorithm 10 CA', 'hash-not-sha256 10 CA'],
  ],
  ['git CA', ca('fixed:git:sha1:143xibwh31h9bvxzalr0sjvbbvpa6ffs'), ['ca-git 10 CA']],
];

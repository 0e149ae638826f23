/** Narinfos to be read: what the table of oddities has not. */
import { B_NARINFO, B_SIGNATURE } from '../../test/narinfo/vectors.ts';
import { add, change, type NarInfoRow, narInfoInputs, STORE_DIR, set } from './narinfo-inputs.ts';
import type { Input } from './topic.ts';

const A = '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt';
const B = '066q1npcw1gx13ini06wh80ir4ma4hhz-b.txt';
const SHA256 = '1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z';
const OTHER = '04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw';
const SHA1 = '143xibwh31h9bvxzalr0sjvbbvpa6ffs';
const SHA512 = 'z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==';

const LAST_WINS: readonly NarInfoRow[] = [
  ['twice-store-path', 'StorePath twice, the first wrong', set('StorePath', '/nowhere', `/nix/store/${B}`)],
  [
    'twice-store-path-other',
    'StorePath twice, the first another',
    set('StorePath', `/nix/store/${A}`, `/nix/store/${B}`),
  ],
  ['twice-compression', 'Compression twice', set('Compression', 'xz', 'none')],
  ['twice-compression-empty', 'Compression twice, the last empty', set('Compression', 'xz', '')],
  ['twice-file-hash', 'FileHash twice', set('FileHash', `sha256:${OTHER}`, `sha256:${SHA256}`)],
  ['twice-file-hash-wrong', 'FileHash twice, the first no hash', set('FileHash', 'x', `sha256:${SHA256}`)],
  ['twice-file-size', 'FileSize twice', set('FileSize', '7', '168')],
  ['twice-nar-hash', 'NarHash twice', set('NarHash', `sha256:${OTHER}`, `sha256:${SHA256}`)],
  ['twice-nar-size', 'NarSize twice', set('NarSize', '7', '168')],
  ['twice-deriver', 'Deriver twice', add(`Deriver: ${A}.drv`, `Deriver: ${B}.drv`)],
  [
    'twice-deriver-unknown',
    'Deriver twice, then unknown',
    add(`Deriver: ${A}.drv`, 'Deriver: unknown-deriver'),
  ],
  ['twice-references-empty', 'References twice, both empty', set('References', '', '')],
];

const MISSING: readonly NarInfoRow[] = [
  ['missing-store-path', 'no StorePath', change(['StorePath'])],
  ['missing-nar-size', 'no NarSize', change(['NarSize'])],
  [
    'missing-optional',
    'only what must be there',
    change(['Compression', 'FileHash', 'FileSize', 'References', 'Sig', 'CA']),
  ],
  ['empty-url', 'an empty URL', set('URL', '')],
  ['empty-store-path', 'an empty StorePath', set('StorePath', '')],
  ['empty-nar-hash', 'an empty NarHash', set('NarHash', '')],
  ['empty-nar-size', 'an empty NarSize', set('NarSize', '')],
  ['empty-file-size', 'an empty FileSize', set('FileSize', '')],
  ['empty-sig', 'an empty Sig', set('Sig', '')],
];

const COMPRESSIONS = [
  'none',
  'br',
  'bzip2',
  'compress',
  'grzip',
  'gzip',
  'lrzip',
  'lz4',
  'lzip',
  'lzma',
  'lzop',
  'xz',
  'zstd',
];
const COMPRESSION: readonly NarInfoRow[] = [
  ...COMPRESSIONS.map(
    (name): NarInfoRow => [`compression-${name}`, `Compression ${name}`, set('Compression', name)],
  ),
  ['compression-upper-case', 'Compression in upper case', set('Compression', 'XZ')],
  ['compression-brotli', 'a compression by another name', set('Compression', 'brotli')],
  ['compression-blank', 'a blank after the compression', set('Compression', 'xz ')],
];

const VALUES: readonly NarInfoRow[] = [
  ['store-path-blank', 'a blank after StorePath', set('StorePath', `/nix/store/${B} `)],
  ['store-path-slash', 'a slash after StorePath', set('StorePath', `/nix/store/${B}/`)],
  ['store-path-below', 'a path below a store path', set('StorePath', `/nix/store/${B}/x`)],
  ['store-path-name', 'StorePath without store directory', set('StorePath', B)],
  ['url-absolute', 'an absolute URL', set('URL', 'https://example.org/nar/x.nar.xz?a=b#c')],
  ['url-up', 'a URL that leads out of the cache: only text here', set('URL', '../x.nar')],
  ['url-blank', 'blanks around the URL belong to it', set('URL', '  nar/x.nar ')],
  ['size-blank-before', 'a blank before a size', set('NarSize', ' 168')],
  ['size-blank-after', 'a blank after a size', set('NarSize', '168 ')],
  ['size-hex', 'a size in base 16', set('NarSize', '0xa8')],
  ['size-float', 'a size with a point', set('NarSize', '168.0')],
  ['size-2-53-1', 'a size of 2^53-1', set('NarSize', '9007199254740991')],
  ['size-negative', 'a negative NarSize', set('NarSize', '-1')],
  ['size-zeros', 'a size of zeros', set('NarSize', '000')],
  ['hash-sha512', 'FileHash of another algorithm', set('FileHash', `sha512:${SHA512}`)],
  ['hash-short', 'a digest that is too short', set('NarHash', `sha256:${SHA256.slice(1)}`)],
  ['hash-unknown', 'an algorithm that is none', set('NarHash', `sha3:${SHA256}`)],
  ['hash-blank', 'a blank after a hash', set('NarHash', `sha256:${SHA256} `)],
  ['references-self', 'a reference to itself', set('References', `${B} ${A}`)],
  ['references-short', 'a hash part that is too short', set('References', 'abc-x')],
  ['deriver', 'a deriver', add(`Deriver: ${A}.drv`)],
  ['deriver-no-drv', 'a deriver whose name is not of a derivation', add(`Deriver: ${A}`)],
  ['deriver-blank', 'a blank after the deriver', add(`Deriver: ${A}.drv `)],
  ['sigs', 'signatures by several keys', set('Sig', 'z-1:AAAA', B_SIGNATURE, 'a-1:BBBB')],
  ['sig-base64url', 'a signature in the alphabet of URLs', set('Sig', 'a-1:__--')],
  ['sig-blank', 'a blank after the signature', set('Sig', `${B_SIGNATURE} `)],
  ['sig-two-colons', 'a key name ends at the first colon', set('Sig', 'a:b:AAAA')],
  ...[
    `fixed:sha256:${SHA256}`,
    `fixed:r:sha256:${SHA256}`,
    `fixed:sha1:${SHA1}`,
    `fixed:r:sha512:${SHA512}`,
  ].map(
    (ca, i): NarInfoRow => [
      `ca-${i + 1}`,
      `the content address ${ca.slice(0, ca.lastIndexOf(':'))}`,
      set('CA', ca),
    ],
  ),
  ['ca-unknown', 'a method that is none', set('CA', `recursive:sha256:${SHA256}`)],
  ['ca-no-hash', 'a method and nothing else', set('CA', 'text')],
];

const FIELDS: readonly NarInfoRow[] = [
  ['field-lower-case', 'the name of a field in lower case is another', add('deriver: x', 'references: x')],
  [
    'field-leading-blank',
    'a blank before the name makes it another',
    change(['Sig'], ` Sig: ${B_SIGNATURE}`),
  ],
  [
    'field-blank-before-colon',
    'a blank after the name makes it another',
    change(['Sig'], `Sig : ${B_SIGNATURE}`),
  ],
  ['field-system', 'System, which old versions knew', add('System: x86_64-linux')],
  ['field-unknown-empty', 'an unknown field without value', add('X-Note: ')],
  ['field-colons', 'a value with colons', add('X-Note: a: b: c')],
  ['field-comment', 'what looks like a comment is a field', add('# note: x')],
];

const other = (storeDir: string, text: string): Input['input'] => ({ text, storeDir });
const STORES: Input[] = [
  [
    'store-dir',
    'another store directory',
    other('/gnu/store', B_NARINFO.replace('/nix/store', '/gnu/store')),
  ],
  ['store-dir-not', 'a path of another store directory', other('/gnu/store', B_NARINFO)],
].map(([id, about, input]) => ({
  id: id as string,
  about: about as string,
  section: 'reading: StorePath',
  operation: 'parse',
  input: input as Input['input'],
}));

const FOUND: Input[] = [
  ['find', 'the path that was asked for', `/nix/store/${B}`],
  ['find-other-name', 'another name', `/nix/store/${B}x`],
  ['find-other-hash', 'another hash part', `/nix/store/${A}`],
].map(([id = '', about = '', path = '']) => ({
  id,
  about,
  section: 'reading: another path than was asked for',
  operation: 'find',
  input: { text: B_NARINFO, storeDir: STORE_DIR, path },
}));

/** One input for every rule of reading. */
export const readingInputs: Input[] = [
  ...narInfoInputs('reading: repeated fields', 'parse', LAST_WINS),
  ...narInfoInputs('reading: missing and empty fields', 'parse', MISSING),
  ...narInfoInputs('reading: Compression', 'parse', COMPRESSION),
  ...narInfoInputs('reading: values', 'parse', VALUES),
  ...narInfoInputs('reading: unknown fields', 'parse', FIELDS),
  ...STORES,
  ...FOUND,
];

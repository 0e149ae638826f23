/** Values for the fields of a narinfo: other forms of the right one, and wrong ones. */
import fc from 'fast-check';
import { HASH_SIZES, type HashAlgo, printHash } from '../src/hash/hash.ts';
import { anyValue, type Change } from './any-value.ts';

const PART = '04zwf782yjwnh3q6hz5izfd6jyip8kgw';
const PATH = `${PART}-name`;

const ALGOS = Object.keys(HASH_SIZES) as HashAlgo[];
const HASHES = ALGOS.flatMap((algo) => {
  const hash = { algo, digest: new Uint8Array(HASH_SIZES[algo]).map((_, i) => 7 * i + 1) };
  const texts = (['nix32', 'base16', 'base64', 'sri'] as const).map((format) => printHash(hash, format));
  return [...texts, printHash(hash, 'base16').toUpperCase(), printHash(hash, 'base16').replace(':', '-')];
});

const oneOf = (...values: string[]): fc.Arbitrary<Change> =>
  fc.constantFrom(...values).map((value) => () => value);

const hash = oneOf(
  ...HASHES,
  ...['sha256:', 'sha256', ':', '-', 'sha256:0', `sha256:${'0'.repeat(52)}`, `sha256:z${'0'.repeat(51)}`],
  ...[
    `sha256:${'e'.repeat(52)}`,
    `sha256:${'0'.repeat(64)}`,
    `SHA256:${'0'.repeat(64)}`,
    'md4:0',
    '0'.repeat(52),
  ],
  ...[
    `sha256:${'A'.repeat(43)}=`,
    `sha256:${'A'.repeat(44)}`,
    `sha256-${'A'.repeat(43)}`,
    `sha256-${'0'.repeat(64)}`,
  ],
  ...[`sha256:${'A'.repeat(42)}B=`, `sha256-${'A'.repeat(20)}\n${'A'.repeat(23)}=`.replace('\n', ' ')],
);

const size = oneOf(
  ...['0', '00', '01', '1', '+1', '+0', '-1', '-0', '++1', '+', ' 1', '1 ', '1.0', '1e3', '0x10', '1k', '١'],
  ...['9007199254740991', '9007199254740992', '9223372036854775807', '9223372036854775808'],
  ...['18446744073709551615', '18446744073709551616', '99999999999999999999999', '0000000000000000000000001'],
);

const paths = [
  ...[PATH, `/nix/store/${PATH}`, `${PATH}.drv`, PART, `${PART}-`, `${PART}_name`, `${PART.slice(1)}-name`],
  ...[
    `0${PART}-name`,
    `${PART.replace('0', 'e')}-name`,
    `${PART.toUpperCase()}-name`,
    `${PART}-a b`,
    `${PART}-a/b`,
  ],
  ...[`${PART}-.`, `${PART}-..`, `${PART}-.-a`, `${PART}-..-a`, `${PART}-.a`, `${PART}-...`, `${PART}-a~b`],
  ...[
    `${PART}-${'n'.repeat(211)}`,
    `${PART}-${'n'.repeat(212)}`,
    'unknown-deriver',
    'x',
    '/',
    '.',
    `${PATH}/bin`,
  ],
];

const references = fc.oneof(
  oneOf(
    ...paths,
    ' ',
    '  ',
    `${PATH}  ${PATH}`,
    `${PATH}\t${PATH}`,
    `${PATH},${PATH}`,
    ` ${PATH}`,
    `${PATH} `,
  ),
  fc
    .shuffledSubarray([...paths.slice(0, 3), `${PART}-other`, `${PART}-lib.so`], { minLength: 1 })
    .map((list) => () => list.join(' ')),
  fc.constant<Change>((value) => value.split(' ').reverse().join(' ')),
  fc.constant<Change>((value) => `${value} ${value}`),
);

const storePath = oneOf(
  ...paths.map((path) => `/nix/store/${path}`),
  ...[PATH, `/nix//store/${PATH}`, `//nix/store/${PATH}`, `/nix/./store/${PATH}`, `/nix/x/../store/${PATH}`],
  ...[
    `/gnu/store/${PATH}`,
    `/nix/store/../${PATH}`,
    `/nix/store/${PATH}//`,
    `/nix/store/./${PATH}`,
    `nix/store/${PATH}`,
  ],
  ...[
    '/nix/store',
    '/nix/store/',
    `/nix/store/${PATH}/.`,
    `/nix/store/x/../${PATH}`,
    `/nix/stor/${PATH}`,
    '/',
    '..',
  ],
);

const signature = oneOf(
  ...[
    'key:AAAA',
    'key:',
    ':AAAA',
    ':',
    'key',
    'key:A',
    'key:AA',
    'key:AA==',
    'key:AAA',
    'key:AAA=',
    'key:====',
    'key:=',
  ],
  ...[
    'key:A A A A',
    'key: AAAA',
    ' key:AAAA',
    'a b:AAAA',
    'key:AAAA:AAAA',
    'key:AA-_',
    'key:AA=A',
    'key:AB==',
    'key:AAAAA',
  ],
  ...[
    'k\xc3\xa9y:AAAA',
    'k\xffy:AAAA',
    `key:${'A'.repeat(86)}==`,
    `key:${'A'.repeat(86)}`,
    `key:${'A'.repeat(88)}`,
  ],
);

const contentAddress = oneOf(
  ...['text:', 'fixed:', 'fixed:r:', 'fixed:git:'].flatMap((prefix) => HASHES.map((text) => prefix + text)),
  ...[
    'text',
    'fixed',
    'fixed:r',
    'r:sha256:0',
    'text:r:sha256:0',
    'Fixed:r:sha256:0',
    'fixed:x:sha256:0',
    ':',
  ],
);

const compression = oneOf(
  ...[
    'none',
    'xz',
    'bzip2',
    'zstd',
    'br',
    'lz4',
    'gzip',
    'gz',
    'zst',
    'lzip',
    'lzma',
    'compress',
    'grzip',
    'lrzip',
  ],
  ...[
    'lzop',
    'lz',
    'rar',
    'XZ',
    'None',
    'xz ',
    ' xz',
    'bz2',
    'brotli',
    'zip',
    'rpm',
    'uu',
    'null',
    'auto',
    '\xff',
  ],
);

const url = oneOf(
  ...[
    'nar/a.nar',
    '/nar/a.nar',
    'https://cache.example.org/nar/a.nar.xz?x=1&y#z',
    '../a.nar',
    'nar/ä b.nar',
    '\xff',
  ],
);

const own: readonly [field: string, values: fc.Arbitrary<Change>][] = [
  ['StorePath', storePath],
  ['URL', url],
  ['Compression', compression],
  ['FileHash', hash],
  ['FileSize', size],
  ['NarHash', hash],
  ['NarSize', size],
  ['References', references],
  ['Deriver', oneOf(...paths)],
  ['Sig', signature],
  ['CA', contentAddress],
];

/** Changes of values, by field. */
export const valueMutations: readonly [field: string, values: fc.Arbitrary<Change>][] = own.map(
  ([field, values]) => [
    field,
    fc.oneof({ arbitrary: values, weight: 3 }, { arbitrary: anyValue, weight: 1 }),
  ],
);

/** The rows of the topic `store-path`. */
import type { Input } from './topic.ts';

const HASH = '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm';
const BASE = `${HASH}-a.txt`;
const CANONICAL =
  'Nix makes a path canonical before it looks at it; narkit takes one slash at the end and leaves the rest to the ' +
  'caller, for such a path in a file is a mistake or an attack';

const NO_DASH =
  'Nix up to 2.34 does not look at the character after the hash part; the source of 2.36 asks for the dash, as narkit does';

/** Full paths: section, id, text, about, why narkit differs. */
export const PATHS: readonly (readonly [
  section: string,
  id: string,
  text: string,
  about: string,
  why?: string,
])[] = [
  ['shape: <store directory>/<hash part>-<name>', 'plain', `/nix/store/${BASE}`, 'a plain path'],
  ['shape: <store directory>/<hash part>-<name>', 'derivation', `/nix/store/${BASE}.drv`, 'a derivation'],
  ['shape: the store directory', 'base-name-alone', BASE, 'no directory'],
  ['shape: the store directory', 'relative', `nix/store/${BASE}`, 'no slash at the start'],
  ['shape: the store directory', 'elsewhere', `/nix/stores/${BASE}`, 'another directory'],
  ['shape: the store directory', 'above', `/nix/${BASE}`, 'the directory above'],
  ['shape: the store directory', 'store-dir-itself', '/nix/store', 'the directory itself'],
  ['shape: the store directory', 'store-dir-with-slash', '/nix/store/', 'the directory itself, with a slash'],
  ['shape: the store directory', 'below', `/nix/store/${BASE}/bin`, 'something in the path'],
  ['shape: the store directory', 'upper-case-dir', `/Nix/Store/${BASE}`, 'another case'],
  ['shape: the store directory', 'empty', '', 'nothing'],
  ['canonical form of the path', 'trailing-slash', `/nix/store/${BASE}/`, 'a slash at the end'],
  [
    'canonical form of the path',
    'two-trailing-slashes',
    `/nix/store/${BASE}//`,
    'two slashes at the end',
    CANONICAL,
  ],
  ['canonical form of the path', 'double-slash', `/nix//store/${BASE}`, 'two slashes inside', CANONICAL],
  [
    'canonical form of the path',
    'double-slash-at-start',
    `//nix/store/${BASE}`,
    'two at the start',
    CANONICAL,
  ],
  [
    'canonical form of the path',
    'double-slash-before-base',
    `/nix/store//${BASE}`,
    'two before the base',
    CANONICAL,
  ],
  ['canonical form of the path', 'dot', `/nix/./store/${BASE}`, "a '.' inside", CANONICAL],
  ['canonical form of the path', 'dot-at-end', `/nix/store/${BASE}/.`, "a '.' at the end", CANONICAL],
  ['canonical form of the path', 'dot-dot', `/nix/store/x/../${BASE}`, "a '..' inside", CANONICAL],
  [
    'canonical form of the path',
    'dot-dot-to-elsewhere',
    `/nix/store/../${BASE}`,
    "a '..' that leaves the store",
  ],
  ...Array.from('eoutEAZ_.+-', (character): [string, string, string, string] => [
    'hash part: 32 characters of nix32',
    `hash-character-${character.codePointAt(0)?.toString(16)}`,
    `/nix/store/${HASH.slice(0, 7)}${character}${HASH.slice(8)}-a`,
    `'${character}' in the hash part`,
  ]),
  [
    'hash part: 32 characters of nix32',
    'hash-highest',
    `/nix/store/${'z'.repeat(32)}-a`,
    'all bits are used',
  ],
  ['hash part: 32 characters of nix32', 'hash-31', `/nix/store/${HASH.slice(1)}-a.txt`, '31 characters'],
  ['hash part: 32 characters of nix32', 'hash-33', `/nix/store/0${HASH}-a`, '33 characters', NO_DASH],
  [
    'hash part: 32 characters of nix32',
    'hash-upper-case',
    `/nix/store/${HASH.toUpperCase()}-a`,
    'in upper case',
  ],
  ['hash part: 32 characters of nix32', 'hash-alone', `/nix/store/${HASH}`, 'no dash, no name'],
  ['hash part: 32 characters of nix32', 'no-hash', '/nix/store/-a', 'no hash part'],
  [
    'a dash after the hash part',
    'no-dash',
    `/nix/store/${HASH}xa.txt`,
    'another character in its place',
    NO_DASH,
  ],
];

/** Names, each parsed and made: section, id, name, about. */
export const NAMES: readonly (readonly [section: string, id: string, name: string, about: string])[] = [
  ['names: 1 to 211 bytes', 'name-of-0', '', 'an empty name'],
  ['names: 1 to 211 bytes', 'name-of-1', 'a', 'one character'],
  ['names: 1 to 211 bytes', 'name-of-210', 'n'.repeat(210), '210 characters'],
  ['names: 1 to 211 bytes', 'name-of-211', 'n'.repeat(211), '211 characters'],
  ['names: 1 to 211 bytes', 'name-of-212', 'n'.repeat(212), '212 characters'],
  ['names: allowed characters', 'all-punctuation', 'a+b?c=d_e.f-g', 'all of + ? = _ . -'],
  ['names: allowed characters', 'all-digits', '0123456789', 'digits'],
  ['names: allowed characters', 'lower-case', 'abcdefghijklmnopqrstuvwxyz', 'lower case'],
  ['names: allowed characters', 'upper-case', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'upper case'],
  ...Array.from('+-._?=', (character): [string, string, string, string] => [
    'names: allowed characters',
    `ends-with-${character.codePointAt(0)?.toString(16)}`,
    `a${character}`,
    `'${character}' at the end`,
  ]),
  ...Array.from(
    '\u0001\t\n\r !"#$%&\'()*,:;<>@[\\]^`{|}~\u007fé\u2028',
    (character): [string, string, string, string] => [
      'names: no other characters',
      `character-${character.codePointAt(0)?.toString(16)}`,
      `a${character}b`,
      `${JSON.stringify(character)} in the name`,
    ],
  ),
  ['names: no other characters', 'newline-at-the-end', 'a\n', 'a newline at the end'],
  ...(
    [
      ['dot', '.'],
      ['dot-dot', '..'],
      ['dot-dash', '.-'],
      ['dot-dash-a', '.-a'],
      ['dot-dot-dash', '..-'],
      ['dot-dot-dash-a', '..-a'],
      ['dot-a', '.a'],
      ['dot-dot-dot', '...'],
      ['dot-dot-a', '..a'],
      ['dot-dot-dot-dash', '...-'],
      ['dot-a-dash', '.a-'],
      ['dot-plus', '.+'],
      ['dash-a', '-a'],
      ['dash', '-'],
      ['dash-dot', '-.'],
      ['a-dot', 'a.'],
    ] as const
  ).map(([id, name]): [string, string, string, string] => [
    "names: '.', '..', '.-*' and '..-*' are refused since 2.21",
    `leading-${id}`,
    name,
    `the name '${name}'`,
  ]),
];

function makeFixed(id: string, about: string, ca: string, name = 'hello.txt', storeDir?: string): Input {
  const input = storeDir === undefined ? { name, ca } : { name, ca, storeDir };
  return {
    id,
    about,
    section: 'from content address to path: flat and recursive',
    operation: 'makeFixed',
    input,
  };
}

function makeText(
  id: string,
  about: string,
  name: string,
  text: string,
  references: readonly string[],
): Input {
  const section = 'from content address to path: text, with references';
  return { id, about, section, operation: 'makeText', input: { name, text, references } };
}

const A = '/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt';
const B = '/nix/store/066q1npcw1gx13ini06wh80ir4ma4hhz-b.txt';

/** Paths that are computed. */
export const LISTS: readonly Input[] = [
  makeFixed('flat-sha256', 'hello', 'fixed:sha256:00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq'),
  makeFixed('flat-sha1', 'hello', 'fixed:sha1:iwjz551fyw0cxcjgf4l6c879zabd6wpm'),
  makeFixed('flat-md5', 'hello', 'fixed:md5:4425hx5d1mc9y39llj4k4nm55i'),
  makeFixed(
    'flat-sha512',
    'hello',
    'fixed:sha512:0lrc0dwnvipqviibf7qfm1y492qvjwb1zhkcyi05cndmva1mr5gjcgrnz1x36djmk0sfg8djd2n0qv68vib2jg590mwznar9jcjphp7',
  ),
  makeFixed(
    'recursive-sha256',
    'hello',
    'fixed:r:sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw',
  ),
  makeFixed('recursive-sha1', 'hello', 'fixed:r:sha1:wz60bbf44cw7nswp1wv8vcsyfg155sqd'),
  makeFixed(
    'recursive-directory',
    'a directory with a file, a program, a link and a directory',
    'fixed:r:sha256:002xi6w911sz4cczkgchgdmqg8w8jax5w5jcfl7lji9lp8k8r4br',
    'mydir',
  ),
  makeFixed(
    'flat-sha256-src-tar',
    'the output of a fixed-output derivation, of nothing',
    'fixed:sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73',
    'src.tar',
  ),
  makeFixed(
    'digest-in-base16',
    'the digest in base16 gives the same path as in nix32',
    'fixed:sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03',
  ),
  makeFixed(
    'other-store',
    'the store directory is part of the hash',
    'fixed:sha256:00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq',
    'hello.txt',
    '/gnu/store',
  ),
  makeFixed(
    'other-store-recursive',
    'the store directory is part of the hash',
    'fixed:r:sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw',
    'hello.txt',
    '/gnu/store',
  ),
  makeText('text-a', 'no references', 'a.txt', 'hello\n', []),
  makeText('text-b', 'one reference', 'b.txt', `ref: ${A}\n`, [A]),
  makeText('text-c', 'two references', 'c.txt', 'x', [B, A]),
  makeText('text-c-sorted', 'the order of references does not matter', 'c.txt', 'x', [A, B]),
  makeText('text-c-twice', 'nor does how often they are named', 'c.txt', 'x', [A, B, A]),
  makeText('text-hello', 'the name is part of the hash', 'hello.txt', 'hello\n', []),
  makeText('text-one-letter', 'a name of one letter', 'a', 'x', []),
  makeText('text-punctuation', 'a name with punctuation', 'a+b?c=d_e.f-g', 'x', []),
  makeText('text-empty', 'no content', 'empty', '', []),
  makeText('text-bad-name', 'a name that is none', 'a b', 'x', []),
];

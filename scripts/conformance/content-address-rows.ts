/** The rows of the topic `content-address`. */
import type { Input } from './topic.ts';

const HEX = '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03';
const NIX32 = '00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq';
const BASE64 = Buffer.from(HEX, 'hex').toString('base64');
const SHA1 = 'iwjz551fyw0cxcjgf4l6c879zabd6wpm';
const MD5 = '4425hx5d1mc9y39llj4k4nm55i';
const SHA512 =
  '0lrc0dwnvipqviibf7qfm1y492qvjwb1zhkcyi05cndmva1mr5gjcgrnz1x36djmk0sfg8djd2n0qv68vib2jg590mwznar9jcjphp7';
const NAR = '04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw';

/** By section: ids and texts. */
const TEXTS: Readonly<Record<string, readonly (readonly [id: string, text: string])[]>> = {
  'grammar: text:<algorithm>:<digest>': [
    ['text-sha256', `text:sha256:${NIX32}`],
    ['text-sha1', `text:sha1:${SHA1}`],
    ['text-md5', `text:md5:${MD5}`],
    ['text-sha512', `text:sha512:${SHA512}`],
    ['text-recursive', `text:r:sha256:${NIX32}`],
  ],
  'grammar: fixed:<algorithm>:<digest>': [
    ['flat-sha256', `fixed:sha256:${NIX32}`],
    ['flat-sha1', `fixed:sha1:${SHA1}`],
    ['flat-md5', `fixed:md5:${MD5}`],
    ['flat-sha512', `fixed:sha512:${SHA512}`],
    ['flat-blake3', `fixed:blake3:${NIX32}`],
  ],
  'grammar: fixed:r:<algorithm>:<digest>': [
    ['recursive-sha256', `fixed:r:sha256:${NIX32}`],
    ['recursive-sha1', `fixed:r:sha1:${SHA1}`],
    ['recursive-md5', `fixed:r:md5:${MD5}`],
    ['recursive-sha512', `fixed:r:sha512:${SHA512}`],
  ],
  'grammar: fixed:git:<algorithm>:<digest>': [
    ['git-sha1', `fixed:git:sha1:${SHA1}`],
    ['git-sha256', `fixed:git:sha256:${NIX32}`],
    ['git-md5', `fixed:git:md5:${MD5}`],
    ['git-sha512', `fixed:git:sha512:${SHA512}`],
  ],
  'digest: base16, nix32 or padded base64, by its length': [
    ['digest-base16', `fixed:sha256:${HEX}`],
    ['digest-base16-upper', `fixed:sha256:${HEX.toUpperCase()}`],
    ['digest-base64', `fixed:sha256:${BASE64}`],
    ['digest-base64-unpadded', `fixed:sha256:${BASE64.slice(0, -1)}`],
    ['digest-sri', `fixed:sha256-${BASE64}`],
    ['digest-sri-text', `text:sha256-${BASE64}`],
    ['digest-sri-after-algorithm', `fixed:sha256:sha256-${BASE64}`],
    ['digest-of-sha1', `fixed:sha256:${SHA1}`],
    ['digest-not-canonical', `fixed:sha256:2${NIX32.slice(1)}`],
    ['digest-empty', 'fixed:sha256:'],
  ],
  'grammar: nothing else': [
    ['no-prefix', NIX32],
    ['hash-alone', `sha256:${NIX32}`],
    ['unknown-prefix', `source:sha256:${NIX32}`],
    ['upper-case-prefix', `Fixed:sha256:${NIX32}`],
    ['upper-case-algorithm', `fixed:SHA256:${NIX32}`],
    ['unknown-algorithm', `fixed:sha3:${NIX32}`],
    ['unknown-method', `fixed:x:sha256:${NIX32}`],
    ['nar-method', `fixed:nar:sha256:${NIX32}`],
    ['upper-case-method', `fixed:R:sha256:${NIX32}`],
    ['method-twice', `fixed:r:r:sha256:${NIX32}`],
    ['fixed-alone', 'fixed:'],
    ['fixed-without-colon', 'fixed'],
    ['text-alone', 'text:'],
    ['recursive-alone', 'fixed:r:'],
    ['no-algorithm', `fixed:${NIX32}`],
    ['space-before', ` fixed:sha256:${NIX32}`],
    ['space-after', `fixed:sha256:${NIX32} `],
    ['colon-after', `fixed:sha256:${NIX32}:`],
  ],
};

const OTHER_ALGORITHM =
  'Nix takes any algorithm when it reads the address, and fails when it computes a path from it; narkit refuses it at once';
const REFERENCES =
  'Nix fails when such an address meets references that it cannot have; to narkit it proves nothing, as any other false one';

/** Why narkit differs, by the id of the case. */
const WHY: Readonly<Record<string, string>> = {
  'text-sha1': OTHER_ALGORITHM,
  'text-md5': OTHER_ALGORITHM,
  'text-sha512': OTHER_ALGORITHM,
  'git-md5': OTHER_ALGORITHM,
  'git-sha512': OTHER_ALGORITHM,
  'flat-with-reference': REFERENCES,
  'recursive-sha1-with-reference': REFERENCES,
  'text-with-self': REFERENCES,
  'flat-with-self': REFERENCES,
};

const A = '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt';
const B = '066q1npcw1gx13ini06wh80ir4ma4hhz-b.txt';
const B_CA = 'text:sha256:11nagjvz1qv9sjkmd1h8mr7pp3xa6nyw9is1544pfmjs8nigcn6c';
const HELLO = 'gy454w1cxaq731grqwylhzf4pp9r5izh-hello.txt';
const HELLO_NAR = 'i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt';

function proves(
  section: string,
  id: string,
  about: string,
  base: string,
  ca: string,
  references: readonly string[] = [],
): Input {
  return { id, about, section, operation: 'proves', input: { path: `/nix/store/${base}`, ca, references } };
}

const VECTORS = 'a path that follows from its address';
const FALSE = 'a path that does not follow from what it says';

const PROOFS: readonly Input[] = [
  proves(VECTORS, 'proves-flat', 'flat', HELLO, `fixed:sha256:${NIX32}`),
  proves(
    VECTORS,
    'proves-flat-sha1',
    'flat',
    'svdva85yi507g9vncgsaxvnd1r808h4w-hello.txt',
    `fixed:sha1:${SHA1}`,
  ),
  proves(
    VECTORS,
    'proves-flat-md5',
    'flat',
    'dra1cz5vbrhclpv4y1q0psnbkxz581bk-hello.txt',
    `fixed:md5:${MD5}`,
  ),
  proves(
    VECTORS,
    'proves-flat-sha512',
    'flat',
    '9a8mxachqmcv8x2cfijdps9dyxgyyrzm-hello.txt',
    `fixed:sha512:${SHA512}`,
  ),
  proves(VECTORS, 'proves-recursive', 'recursive', HELLO_NAR, `fixed:r:sha256:${NAR}`),
  proves(
    VECTORS,
    'proves-recursive-sha1',
    'recursive, sha1',
    'hzq8n5jpi3g2d0xhlvqd8q1gx5c9s6i3-hello.txt',
    'fixed:r:sha1:wz60bbf44cw7nswp1wv8vcsyfg155sqd',
  ),
  proves(
    VECTORS,
    'proves-text',
    'text',
    'qa1w9gdfrba6jl2r57mb3c43863gqywp-hello.txt',
    `text:sha256:${NIX32}`,
  ),
  proves(VECTORS, 'proves-text-reference', 'text with a reference', B, B_CA, [A]),
  proves(VECTORS, 'proves-text-reference-twice', 'a reference that is named twice', B, B_CA, [A, A]),
  proves(
    VECTORS,
    'proves-git-tree',
    'a git tree',
    'p3yhnz31g79h611jzg5p2ldr2185gllz-mydir',
    'fixed:git:sha1:0d6aec7127e940091442e9520fe83f4e63fc1803',
  ),
  proves(
    VECTORS,
    'proves-git-blob',
    'a git blob',
    'rk1ijlrs1r2baksyhs884xqb0afsc830-hello.txt',
    'fixed:git:sha1:ce013625030ba8dba906f756967f9e9ca394464a',
  ),
  proves(
    VECTORS,
    'proves-name-with-punctuation',
    'a name with punctuation',
    's0cm5jl8ash460xvsiaikkvh9l2rph3n-a+b?c=d_e.f-g',
    'text:sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
  ),
  proves(
    VECTORS,
    'proves-name-of-one-letter',
    'a name of one letter',
    '12wigjpizrn8axaqxj288q1b751qmwya-a',
    'text:sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
  ),
  proves(FALSE, 'false-reference-missing', 'the reference is missing', B, B_CA),
  proves(FALSE, 'false-reference-more', 'a reference too much', B, B_CA, [A, HELLO]),
  proves(FALSE, 'false-other-reference', 'another reference', B, B_CA, [HELLO]),
  proves(FALSE, 'false-name', 'another name', `${HELLO}.x`, `fixed:sha256:${NIX32}`),
  proves(FALSE, 'false-method', 'recursive instead of flat', HELLO, `fixed:r:sha256:${NIX32}`),
  proves(FALSE, 'false-text-for-flat', 'text instead of flat', HELLO, `text:sha256:${NIX32}`),
  proves(FALSE, 'false-digest', 'another digest', HELLO, `fixed:sha256:${NAR}`),
  proves(
    'references: only text and recursive sha256',
    'flat-with-reference',
    'flat',
    HELLO,
    `fixed:sha256:${NIX32}`,
    [A],
  ),
  proves(
    'references: only text and recursive sha256',
    'recursive-sha1-with-reference',
    'recursive, sha1',
    'hzq8n5jpi3g2d0xhlvqd8q1gx5c9s6i3-hello.txt',
    'fixed:r:sha1:wz60bbf44cw7nswp1wv8vcsyfg155sqd',
    [A],
  ),
  proves('references: only text and recursive sha256', 'text-with-self', 'text that names itself', B, B_CA, [
    A,
    B,
  ]),
  proves(
    'references: only text and recursive sha256',
    'flat-with-self',
    'flat that names itself',
    HELLO,
    `fixed:sha256:${NIX32}`,
    [HELLO],
  ),
];

/** A NAR of one file. */
function narOf(content: string): Buffer {
  const text = (value: string): Buffer => {
    const length = Buffer.byteLength(value);
    const bytes = Buffer.alloc(8 + Math.ceil(length / 8) * 8);
    bytes.writeBigUInt64LE(BigInt(length));
    bytes.write(value, 8);
    return bytes;
  };
  const tokens = ['nix-archive-1', '(', 'type', 'regular', 'contents', content, ')'];
  return Buffer.concat(tokens.map(text));
}

const PART = '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm';

/** Contents that name their own path. */
const SELF = [
  ['one', `I am ${PART}!`, 'once'],
  ['two', `${PART}, ${PART}`, 'twice'],
  ['side-by-side', `${PART}${PART}`, 'twice without anything between'],
  ['with-name', `/nix/store/${PART}-self/bin`, 'as a full path'],
  ['cut-short', `${PART.slice(0, -1)} ${PART}`, 'once, and once without its last character'],
  ['overlapping-start', `${PART.slice(0, 8)}${PART}`, 'after its own beginning'],
] as const;

/** The NARs by the id of their case. */
export const NARS: ReadonlyMap<string, Buffer> = new Map(
  SELF.flatMap(([id, content]) =>
    [true, false].map((positions) => [rewriteId(id, positions), narOf(content)] as const),
  ),
);

function rewriteId(id: string, positions: boolean): string {
  return `self-${id}-${positions ? 'with' : 'without'}-positions`;
}

const ALL: readonly Input[] = [
  ...Object.entries(TEXTS).flatMap(([section, rows]) =>
    rows.map(([id, text]): Input => {
      return { id, about: JSON.stringify(text), section, operation: 'parse', input: { text } };
    }),
  ),
  ...PROOFS,
  ...SELF.flatMap(([id, content, about]) =>
    [true, false].map(
      (positions): Input => ({
        id: rewriteId(id, positions),
        about: `names itself ${about}`,
        section: `self-references, ${positions ? 'their positions hashed (to 2.16, from 2.35)' : 'without their positions (2.17 to 2.34)'}`,
        operation: 'rewriteSelf',
        input: { path: `/nix/store/${PART}-self`, nar: narOf(content).toString('base64'), positions },
      }),
    ),
  ),
];

export const inputs: readonly Input[] = ALL.map((input) => {
  const why = WHY[input.id];
  return why === undefined ? input : { ...input, why };
});

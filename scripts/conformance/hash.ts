/** Digests and their texts, asked through `nix hash` and `nix-hash`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askEach, verdictOf } from './ask.ts';
import type { Input, Topic } from './topic.ts';

/** The digest of no bytes in every form. */
const FORMS = {
  md5: ['d41d8cd98f00b204e9800998ecf8427e', '3y8bwfr609h3lh9ch0izcqq7fl', '1B2M2Y8AsgTpgAmY7PhCfg=='],
  sha1: [
    'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    '143xibwh31h9bvxzalr0sjvbbvpa6ffs',
    '2jmj7l5rSw0yVb/vlWAYkK/YBwk=',
  ],
  sha256: [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73',
    '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  ],
  sha512: [
    'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
    '0zdl9zrg8r3i9c1g90lgg9ip5ijzv3yhz91i0zzn3r8ap9ws784gkp9dk9j3aglhgf1amqb0pj21mh7h1nxcl18akqvvf7ggqsy30yg',
    'z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==',
  ],
  blake3: [
    'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
    '0qij3zjcm4wsrjvi5hddr4jwp6s9r7f3dsjd82had8grynwlj4xg',
    'rxNJufX5oaagQE3qNtzJSZvLJcmtwRK3zJqTyuQfMmI=',
  ],
} as const;
const [HEX, NIX32, BASE64] = FORMS.sha256;
const FORMATS = ['base16', 'nix32', 'base64'] as const;
/** What digests are made of, in base64. */
const CONTENTS = [
  ['nothing', ''],
  ['hello', Buffer.from('hello\n').toString('base64')],
] as const;

const ROWS: Readonly<Record<string, readonly (readonly [id: string, text: string, algo?: string])[]>> = {
  'the algorithm: from the text or from the context': [
    ['bare-without-context', HEX],
    ['bare-base64-without-context', BASE64],
    ['agrees-with-context', `sha256:${HEX}`, 'sha256'],
    ['sri-agrees-with-context', `sha256-${BASE64}`, 'sha256'],
    ['contradicts-context', `sha256:${HEX}`, 'sha512'],
    ['sri-contradicts-context', `sha256-${BASE64}`, 'sha512'],
    ['contradicts-context-of-equal-size', `sha256:${HEX}`, 'blake3'],
  ],
  'the algorithm: lower case, and known': [
    ['upper-case-algorithm', `SHA256:${HEX}`],
    ['capital-algorithm', `Sha256:${HEX}`],
    ['upper-case-sri-algorithm', `SHA256-${BASE64}`],
    ['unknown-algorithm', `sha3:${HEX}`],
    ['sha384', `sha384:${HEX}`],
    ['inherited-name', `constructor:${HEX}`],
    ['empty-algorithm', `:${HEX}`],
    ['empty-algorithm-with-context', `:${HEX}`, 'sha256'],
    ['empty-sri-algorithm', `-${BASE64}`],
    ['space-before', ` sha256:${HEX}`],
    ['space-after-colon', `sha256: ${HEX}`],
    ['newline-after', `sha256:${HEX}\n`],
  ],
  'the separator: the first colon, or else the first dash': [
    ['two-colons', `sha256:sha256:${HEX}`],
    ['colon-after-dash', `sha256-${BASE64}:`],
    ['dash-after-colon', `sha256:sha256-${BASE64}`],
    ['two-dashes', `sha256-sha256-${BASE64}`],
    ['colon-dash', `sha256:-${HEX}`],
    ['neither', `sha256${HEX}`],
  ],
  'base16: either case is read': [
    ['base16-upper', `sha256:${HEX.toUpperCase()}`],
    ['base16-mixed', `sha256:${HEX.slice(0, 32)}${HEX.slice(32).toUpperCase()}`],
    ['base16-no-digit', `sha256:g${HEX.slice(1)}`],
    ['base16-no-digit-at-the-end', `sha256:${HEX.slice(0, -1)}g`],
    ['base16-0x', `sha256:0x${HEX.slice(2)}`],
    ['base16-plus', `sha256:+1${HEX.slice(2)}`],
  ],
  'not SRI: the length alone decides the form': [
    ['base16-one-short', `sha256:${HEX.slice(1)}`],
    ['base16-one-more', `sha256:0${HEX}`],
    ['base16-of-sha1-for-sha256', `sha256:${FORMS.sha1[0]}`],
    ['nix32-one-short', `sha256:${NIX32.slice(1)}`],
    ['nix32-one-more', `sha256:0${NIX32}`],
    ['nix32-not-canonical', `sha256:2${NIX32.slice(1)}`],
    ['nix32-upper', `sha256:${NIX32.toUpperCase()}`],
    ['base64-unpadded', `sha256:${BASE64.slice(0, -1)}`],
    ['base64-unpadded-bare', BASE64.slice(0, -1), 'sha256'],
    ['base64-too-much-padding', `sha256:${BASE64}=`],
    ['md5-base64-one-pad', `md5:${FORMS.md5[2].slice(0, -1)}`],
    ['base64-length-of-junk', `sha256:${'!'.repeat(44)}`],
    ['base64-ends-early', `sha256:${BASE64.slice(0, 20)}=${BASE64.slice(21)}`],
    ['base64-44-digits-without-padding', `sha256:${BASE64.slice(0, -1)}A`],
    ['base64-newline-in-44', `sha256:\n${BASE64.slice(0, -1)}`],
    ['empty-digest', 'sha256:'],
    ['empty', ''],
    ['empty-with-context', '', 'sha256'],
    ['algorithm-alone', 'sha256'],
  ],
  'SRI: base64 is read laxly, and must give the size of a digest': [
    ['sri-unpadded', `sha256-${BASE64.slice(0, -1)}`],
    ['sri-sha512-one-pad', `sha512-${FORMS.sha512[2].slice(0, -1)}`],
    ['sri-sha512-no-pad', `sha512-${FORMS.sha512[2].slice(0, -2)}`],
    ['sri-more-padding', `sha256-${BASE64}===`],
    ['sri-options', `sha256-${BASE64}?foo`],
    ['sri-options-unpadded', `sha256-${BASE64.slice(0, -1)}?foo`],
    ['sri-text-after-padding', `sha256-${BASE64}\nanything at all !`],
    ['sri-second-hash', `sha256-${BASE64} sha256-${BASE64}`],
    ['sri-newline-inside', `sha256-${BASE64.slice(0, 10)}\n${BASE64.slice(10)}`],
    ['sri-newline-first', `sha256-\n${BASE64}`],
    ['sri-carriage-return', `sha256-${BASE64.slice(0, 10)}\r\n${BASE64.slice(10)}`],
    ['sri-space-inside', `sha256-${BASE64.slice(0, 10)} ${BASE64.slice(10)}`],
    ['sri-tab-inside', `sha256-${BASE64.slice(0, 10)}\t${BASE64.slice(10)}`],
    ['sri-left-over-bits', `sha256-${BASE64.replace('U=', 'V=')}`],
    ['sri-left-over-bits-all', `sha256-${BASE64.replace('U=', 'X=')}`],
    ['sri-url-alphabet', `sha256-${BASE64.replaceAll('+', '-').replaceAll('/', '_')}`],
    ['sri-one-character-more', `sha256-${BASE64.slice(0, -1)}A`],
    ['sri-one-character-less', `sha256-${BASE64.slice(0, -2)}`],
    ['sri-one-byte-more', `sha256-${BASE64.slice(0, -1)}AA==`],
    ['sri-base16', `sha256-${HEX}`],
    ['sri-nix32', `sha256-${NIX32}`],
    ['sri-empty', 'sha256-'],
    ['sri-padding-only', 'sha256-='],
    ['sri-not-ascii', `sha256-é${BASE64.slice(1)}`],
  ],
};

function parse(section: string, id: string, text: string, algo?: string): Input {
  const input = algo === undefined ? { text } : { text, algo };
  const about = `${JSON.stringify(text)}${algo === undefined ? '' : ` where ${algo} is expected`}`;
  return { id, about, section, operation: 'parse', input };
}

const inputs: readonly Input[] = [
  ...Object.entries(FORMS).flatMap(([algo, digests]): Input[] => [
    ...digests.flatMap((digest, i) => [
      parse('forms: <algorithm>:<digest>', `${algo}-${FORMATS[i]}`, `${algo}:${digest}`),
      parse('forms: a bare digest', `${algo}-${FORMATS[i]}-bare`, digest, algo),
      {
        id: `print-${algo}-${FORMATS[i]}`,
        about: `${algo} of nothing`,
        section: 'what is written: digests in base16, nix32, base64',
        operation: 'print',
        input: { hash: `${algo}-${digests[2]}`, format: FORMATS[i] as string },
      },
    ]),
    parse('forms: SRI', `${algo}-sri`, `${algo}-${digests[2]}`),
    ...CONTENTS.flatMap(([id, bytes]): Input[] => [
      {
        id: `digest-${algo}-${id}`,
        about: `${algo} of ${id}`,
        section: 'algorithms: names and digest sizes',
        operation: 'digest',
        input: { algo, bytes },
      },
      {
        id: `compress-${algo}-${id}`,
        about: `${algo} of ${id}, folded to 20 bytes where it is longer`,
        section: 'folding to 20 bytes by exclusive or',
        operation: 'compress',
        input: { algo, bytes },
      },
    ]),
  ]),
  ...Object.entries(ROWS).flatMap(([section, rows]) =>
    rows.map(([id, text, algo]) => parse(section, id, text, algo)),
  ),
];

export const hash: Topic = {
  topic: 'hash',
  about: [
    'Hashes.',
    'parse {text, algo (the algorithm known from the context, if one is)}: gives the hash as SRI,',
    'padded.',
    'print {hash (SRI), format (base16, nix32, base64)}: gives the digest alone.',
    'digest {algo, bytes (base64)}: gives the base16 of the digest of the bytes.',
    'compress {algo, bytes (base64)}: gives the base16 of that digest, folded to 20 bytes where it is',
    'longer.',
  ].join('\n'),
  inputs,
  async ask(world, asked) {
    await world.configure({ 'experimental-features': 'nix-command blake3-hashes' });
    return await askEach(asked, async ({ id, operation, input }) => {
      const algo = input['algo'] === undefined ? [] : ['--type', String(input['algo'])];
      const file = join(world.dir, id);
      if (operation === 'digest' || operation === 'compress')
        await writeFile(file, String(input['bytes']), 'base64');
      const format = input['format'] === 'nix32' ? 'base32' : String(input['format']);
      const commands: Readonly<Record<string, readonly [string, readonly string[]]>> = {
        parse: ['nix', ['hash', 'to-sri', ...algo, '--', String(input['text'])]],
        print: ['nix', ['hash', `to-${format}`, '--', String(input['hash'])]],
        digest: ['nix-hash', ['--flat', ...algo, file]],
        compress: ['nix-hash', ['--flat', '--truncate', ...algo, file]],
      };
      const [program, args] = commands[operation] ?? ['nix', []];
      return verdictOf(world, await world.try(program, args), (stdout) => stdout.trim());
    });
  },
};

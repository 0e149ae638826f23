/**
 * The text that a signature covers, asked through `nix store sign`: no program prints it, but an Ed25519 signature
 * is over one text alone.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askEach, refusal } from './ask.ts';
import { FIELDS, FileCache, narInfoText, pathOf } from './file-cache.ts';
import { TestKey, VECTOR } from './keys.ts';
import type { Input, Topic } from './topic.ts';

const A = FIELDS.StorePath;
const B = '/nix/store/066q1npcw1gx13ini06wh80ir4ma4hhz-b.txt';
const C = '/nix/store/9g6y8za53scsk0mpg4dxhfgaxd0fsbin-c.txt';
const base = (...paths: readonly string[]): string => paths.map((path) => path.slice(11)).join(' ');
const HASH = FIELDS.NarHash;
const HEX = '1c37d01af40be2e80691de3cc3df44377a699afbb17c68f080964b2fd071fc13';
const BASE64 = Buffer.from(HEX, 'hex').toString('base64');
const PLAIN = `1;${A};${HASH};120;`;

type Row = readonly [
  section: string,
  id: string,
  changes: Parameters<typeof narInfoText>[0],
  fingerprint: string | undefined,
];

const ROWS: readonly Row[] = [
  ['form: 1;<path>;<hash>;<size>;<references>', 'no-references', {}, PLAIN],
  [
    'form: 1;<path>;<hash>;<size>;<references>',
    'one-reference',
    {
      StorePath: B,
      NarHash: 'sha256:1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z',
      NarSize: '168',
      References: base(A),
    },
    `1;${B};sha256:1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z;168;${A}`,
  ],
  [
    'references: full paths, sorted, each once',
    'two-sorted',
    { References: base(B, C) },
    `${PLAIN}${B},${C}`,
  ],
  [
    'references: full paths, sorted, each once',
    'two-unsorted',
    { References: base(C, B) },
    `${PLAIN}${B},${C}`,
  ],
  ['references: full paths, sorted, each once', 'one-twice', { References: base(B, B) }, `${PLAIN}${B}`],
  ['references: full paths, sorted, each once', 'itself-alone', { References: base(A) }, `${PLAIN}${A}`],
  [
    'references: full paths, sorted, each once',
    'itself-among-others',
    { References: base(C, A, B) },
    `${PLAIN}${B},${A},${C}`,
  ],
  [
    'references: full paths, sorted, each once',
    'sorted-by-bytes',
    { References: base(`${B}-`, `${B}.`, `${B}A`, `${B}_`, `${B}a`, `${B}+`, `${B}=`, `${B}?`, `${B}0`, B) },
    `${PLAIN}${[B, `${B}+`, `${B}-`, `${B}.`, `${B}0`, `${B}=`, `${B}?`, `${B}A`, `${B}_`, `${B}a`].join(',')}`,
  ],
  ['the hash is written in nix32, however it was read', 'hash-base16', { NarHash: `sha256:${HEX}` }, PLAIN],
  [
    'the hash is written in nix32, however it was read',
    'hash-base16-upper',
    { NarHash: `sha256:${HEX.toUpperCase()}` },
    PLAIN,
  ],
  [
    'the hash is written in nix32, however it was read',
    'hash-base64',
    { NarHash: `sha256:${BASE64}` },
    PLAIN,
  ],
  ['the hash is written in nix32, however it was read', 'hash-sri', { NarHash: `sha256-${BASE64}` }, PLAIN],
  ['the size is decimal', 'size-1', { NarSize: '1' }, `1;${A};${HASH};1;`],
  ['the size is decimal', 'size-plus', { NarSize: '+120' }, PLAIN],
  ['the size is decimal', 'size-leading-zeros', { NarSize: '00120' }, PLAIN],
  [
    'the size is decimal',
    'size-2-53-less-1',
    { NarSize: '9007199254740991' },
    `1;${A};${HASH};9007199254740991;`,
  ],
  [
    'the size is decimal',
    'size-2-64-less-1',
    { NarSize: '18446744073709551615' },
    `1;${A};${HASH};18446744073709551615;`,
  ],
  ['the size is decimal', 'size-0', { NarSize: '0' }, undefined],
  ['not covered', 'other-url', { URL: 'nar/elsewhere.nar.xz' }, PLAIN],
  ['not covered', 'other-compression', { Compression: 'xz' }, PLAIN],
  [
    'not covered',
    'other-file',
    { FileHash: 'sha256:1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z', FileSize: '99' },
    PLAIN,
  ],
  ['not covered', 'deriver', { Deriver: `${base(B)}.drv` }, PLAIN],
  [
    'not covered',
    'content-address',
    { CA: 'text:sha256:00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq' },
    PLAIN,
  ],
  ['not covered', 'unknown-field', { Comment: 'hello' }, PLAIN],
  ['not covered', 'signature-that-is-there', { Sig: VECTOR.sign('something else') }, PLAIN],
  ['covered', 'other-path', { StorePath: C }, `1;${C};${HASH};120;`],
  [
    'covered',
    'other-hash',
    { NarHash: 'sha256:1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z' },
    `1;${A};sha256:1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z;120;`,
  ],
  ['covered', 'other-size', { NarSize: '128' }, `1;${A};${HASH};128;`],
];

const WHY: Readonly<Record<string, string>> = {
  'size-2-64-less-1':
    'narkit has sizes as numbers, which are exact up to 2^53 - 1, and refuses a larger one, which no archive has',
};

/** What the fingerprint must be: the signature tells whether it is. */
const EXPECTED: ReadonlyMap<string, string | undefined> = new Map(
  ROWS.map(([, id, , fingerprint]) => [`fingerprint-${id}`, fingerprint]),
);

const inputs: readonly Input[] = ROWS.flatMap(([section, id, changes]) => {
  const about = Object.entries(changes ?? {})
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join('; ');
  const narinfo = narInfoText(changes);
  const rest = {
    about: about || 'a plain narinfo',
    section,
    ...(WHY[id] === undefined ? {} : { why: WHY[id] }),
  };
  return [
    { id: `fingerprint-${id}`, operation: 'fingerprint', input: { narinfo }, ...rest },
    { id: `sign-${id}`, operation: 'sign', input: { narinfo, secretKey: VECTOR.secret }, ...rest },
  ];
});

const NAMES: readonly Input[] = ['k', 'cache.example.org-1', 'ключ', '1;2', '-'].map((name, i): Input => {
  const secretKey = new TestKey(name, 7).secret;
  return {
    id: `key-name-${i}`,
    about: `a key named '${name}'`,
    section: 'the name of the key is not covered',
    operation: 'sign',
    input: { narinfo: narInfoText(), secretKey },
  };
});

export const fingerprint: Topic = {
  topic: 'fingerprint',
  about: [
    'What signatures cover.',
    'fingerprint {narinfo}: gives the text that is signed.',
    'sign {narinfo, secretKey}: gives the signature over it, <name>:<base64>.',
  ].join('\n'),
  inputs: [...inputs, ...NAMES],
  async ask(world, asked) {
    return await askEach(asked, async ({ id, operation, input }) => {
      const narInfo = String(input['narinfo']);
      const secretKey = String(input['secretKey'] ?? VECTOR.secret);
      const keyFile = join(world.dir, `${id}.secret`);
      await writeFile(keyFile, secretKey);
      const cache = await FileCache.create(world, id, narInfo);
      const { code, stderr } = await cache.nix(['store', 'sign', '-k', keyFile, pathOf(narInfo)]);
      if (code !== 0) return { rejects: refusal(world, stderr) };
      const name = `${secretKey.slice(0, secretKey.indexOf(':'))}:`;
      const signatures = (await readFile(cache.file, 'utf8'))
        .split('\n')
        .filter((line) => line.startsWith(`Sig: ${name}`) && !narInfo.includes(line))
        .map((line) => line.slice('Sig: '.length));
      const [signature] = signatures;
      if (signature === undefined || signatures.length > 1)
        throw new Error(`${id}: ${signatures.length} signatures`);
      if (operation === 'sign') return { accepts: signature };
      const text = EXPECTED.get(id);
      if (text === undefined || !VECTOR.verifies(text, signature))
        throw new Error(`${id}: Nix ${world.nix.version} signed something else than ${text}`);
      return { accepts: text };
    });
  },
};

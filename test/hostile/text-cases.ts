/** Texts that are made to hurt those who parse them. */
import { parseCacheInfo } from '../../src/cache/cache-info.ts';
import { parseDerivation } from '../../src/derivation/parse.ts';
import { parseHash } from '../../src/hash/hash.ts';
import { parseNarListing } from '../../src/nar/parse-listing.ts';
import { lintNarInfo } from '../../src/narinfo/lint.ts';
import { parseNarInfo } from '../../src/narinfo/parse.ts';
import { parsePathInfoJson } from '../../src/narinfo/path-info-json.ts';
import { printNarInfo } from '../../src/narinfo/print.ts';
import { parseNetrc } from '../../src/node/netrc.ts';
import { parseNixConf } from '../../src/node/nix-conf-parse.ts';
import { parseRealisation } from '../../src/realisation/realisation.ts';
import { parseSignature } from '../../src/signature/signature.ts';
import type { HostileCase } from './measure.ts';

const DIGEST = '1c37d01af40be2e80691de3cc3df44377a699afbb17c68f080964b2fd071fc13';
const id = { drvHash: parseHash(`sha256:${DIGEST}`), outputName: 'out' };

const narInfo = (text: string): void => {
  printNarInfo(parseNarInfo(text));
};
const parsers: [string, (text: string) => unknown][] = [
  ['parseNarInfo', narInfo],
  ['lintNarInfo', (text) => lintNarInfo(text)],
  ['parseNarListing', (text) => parseNarListing(text)],
  ['parseDerivation', (text) => parseDerivation(text)],
  ['parseRealisation', (text) => parseRealisation(text, id)],
  ['parsePathInfoJson', (text) => parsePathInfoJson(text)],
  ['parseCacheInfo', (text) => parseCacheInfo(text)],
  ['parseNixConf', (text) => parseNixConf(text)],
  ['parseNetrc', (text) => parseNetrc(text)],
  ['parseSignature', (text) => parseSignature(text)],
];

const path = '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a';
const HEAD = `StorePath: /nix/store/${path}\nURL: nar/a.nar\nCompression: none\nNarHash: sha256:${DIGEST}\nNarSize: 120\n`;
const times = (part: string | ((i: number) => string), size: number, separator = ''): string => {
  const parts: string[] = [];
  for (let i = 0, length = 0; length < size; i++) {
    const next = typeof part === 'string' ? part : part(i);
    parts.push(next);
    length += next.length + separator.length;
  }
  return parts.join(separator);
};

const shapes: [string, (size: number) => string][] = [
  ['newlines', (n) => '\n'.repeat(n)],
  ['carriage returns', (n) => '\r'.repeat(n)],
  ['spaces', (n) => ' '.repeat(n)],
  ['spaces, then a letter', (n) => `${' '.repeat(n)}a`],
  ['one long word', (n) => 'a'.repeat(n)],
  ['NUL', (n) => '\0'.repeat(n)],
  ['lone surrogates', (n) => '\ud800'.repeat(n)],
  ['opening brackets', (n) => '['.repeat(n)],
  ['opening braces', (n) => times('{"a":', n)],
  ['commas', (n) => `[${','.repeat(n)}]`],
  ['an unclosed string of escapes', (n) => `Derive([("${'\\"'.repeat(n / 2)}`],
  ['colons', (n) => ':'.repeat(n)],
  ['fields of one name', (n) => times('Sig: a:b\n', n)],
  ['fields of many names', (n) => times((i) => `F${i}: v\n`, n)],
  ['digits', (n) => `NarSize: ${'9'.repeat(n)}\n`],
  ['a narinfo with many references', (n) => `${HEAD}References: ${times(path, n, ' ')}\n`],
  ['a narinfo with many signatures', (n) => HEAD + times((i) => `Sig: k${i}:${'A'.repeat(86)}==\n`, n)],
  ['a narinfo with one signature repeated', (n) => HEAD + times(`Sig: k:${'A'.repeat(86)}==\n`, n)],
  ['a narinfo with unknown fields', (n) => HEAD + times((i) => `X${i}: y\n`, n)],
  ['a narinfo of blank lines', (n) => `${HEAD}${'\r\n'.repeat(n / 2)}`],
  ['a narinfo with a long store path', (n) => `StorePath: /nix/store/${'a'.repeat(n)}\n`],
  ['a narinfo with a long hash', (n) => HEAD.replace(DIGEST, '0'.repeat(n))],
  ['a narinfo with references of spaces', (n) => `${HEAD}References: ${' '.repeat(n)}\n`],
  ['a listing that is deep', (n) => `{"version":1,"root":${times('{"type":"directory","entries":{"d":', n)}`],
  [
    'a deep listing, closed',
    (n) => {
      const count = Math.floor(n / 38);
      return `{"version":1,"root":${'{"type":"directory","entries":{"d":'.repeat(count)}{"type":"symlink","target":"x"}${'}}'.repeat(count)}}`;
    },
  ],
  [
    'a wide listing',
    (n) =>
      `{"version":1,"root":{"type":"directory","entries":{${times((i) => `"f${i}":{"type":"regular","size":1,"narOffset":${96 + i}}`, n, ',')}}}}`,
  ],
  [
    'a listing with a long name',
    (n) =>
      `{"version":1,"root":{"type":"directory","entries":{"${'n'.repeat(n)}":{"type":"regular","size":1}}}}`,
  ],
  ['JSON of one key again and again', (n) => `{${times('"a":1', n, ',')}}`],
  [
    'a derivation with many outputs',
    (n) => `Derive([${times((i) => `("o${i}","","","")`, n, ',')}],[],[],"x","/bin/sh",[],[])`,
  ],
  [
    'a derivation with one output repeated',
    (n) => `Derive([${times('("out","","","")', n, ',')}],[],[],"x","/bin/sh",[],[])`,
  ],
  [
    'a derivation with a long environment',
    (n) =>
      `Derive([("out","/nix/store/${path}","","")],[],[],"x","/bin/sh",[],[${times((i) => `("v${String(i).padStart(7, '0')}","\\n")`, n, ',')}])`,
  ],
  [
    'a derivation with long arguments',
    (n) => `Derive([("out","/nix/store/${path}","","")],[],[],"x","/bin/sh",[${times('"\\\\"', n, ',')}],[])`,
  ],
  [
    'realisation of many references',
    (n) =>
      `{"id":"sha256:${DIGEST}!out","outPath":"${path}","signatures":[${times((i) => `"k${i}:${'A'.repeat(86)}=="`, n, ',')}],"dependentRealisations":{}}`,
  ],
  ['path info of many paths', (n) => `{${times((i) => `"/nix/store/${path}${i}":null`, n, ',')}}`],
  ['nix.conf of one setting', (n) => times('substituters = a b c\n', n)],
  ['nix.conf of one long setting', (n) => `extra-substituters = ${times('https://a', n, ' ')}\n`],
  ['nix.conf of comments', (n) => '#'.repeat(n)],
  ['nix.conf of equals signs', (n) => '= '.repeat(n / 2)],
  ['netrc of machines', (n) => times((i) => `machine m${i} login l password p\n`, n)],
  ['netrc of macros', (n) => times('macdef m\nx\n\n', n)],
  ['netrc of one quote', (n) => `machine "${'\\'.repeat(n)}`],
];

/** Every shape for every parser: what is harmless for one is a trap for another. */
export const TEXT_CASES: HostileCase[] = parsers.flatMap(([parser, run]) =>
  shapes.map(([shape, make]) => ({
    name: `${parser}: ${shape}`,
    make,
    run: (input: unknown) => run(input as string),
    errors: ['ParseError', 'NarError', 'UnsupportedError', 'MissingError'],
  })),
);

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareAscii } from '../../src/bytes/bytes.ts';
import { printHash } from '../../src/hash/hash.ts';
import { parseNarInfo } from '../../src/narinfo/parse.ts';
import type { NarInfo } from '../../src/narinfo/path-info.ts';
import { printNarInfo } from '../../src/narinfo/print.ts';
import { printSignature } from '../../src/signature/signature.ts';
import { A_PATH, A_SIGNATURE, B_NARINFO, B_PATH, B_SIGNATURE } from './vectors.ts';

const NAR_HASH = '1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z';
const A = A_PATH.slice(11);
const B = B_PATH.slice(11);

/** B's narinfo with the line of `key` replaced (or removed, or more lines added after it). */
function edit(key: string, ...lines: string[]): string {
  const pattern = new RegExp(`^${key}: .*\n`, 'm');
  assert.match(B_NARINFO, pattern);
  return B_NARINFO.replace(pattern, () => lines.map((line) => `${line}\n`).join(''));
}

function parsed(text: string): NarInfo {
  return parseNarInfo(text);
}

test('section 2: the vector, field by field', () => {
  const info = parsed(B_NARINFO);
  assert.equal(info.storePath, B);
  assert.equal(info.url, `nar/${NAR_HASH}.nar`);
  assert.equal(info.compression, 'none');
  assert.equal(info.fileHash && printHash(info.fileHash, 'nix32'), `sha256:${NAR_HASH}`);
  assert.equal(info.fileSize, 168);
  assert.deepEqual(info.narHash, info.fileHash);
  assert.equal(info.narSize, 168);
  assert.deepEqual(info.references, [A]);
  assert.deepEqual(info.signatures.map(printSignature), [B_SIGNATURE]);
  assert.equal(info.ca?.method, 'text');
  assert.ok(!('deriver' in info), 'what is absent is not there at all');
});

/** Section 3, the rows that are read: the edit, and what must come out. */
const READ: [string, string, (info: NarInfo) => unknown, unknown][] = [
  ['unknown key', `X-Odd: 1\nSystem: x86_64-linux\n${B_NARINFO}`, (i) => i.storePath, B],
  [
    'StorePath twice',
    edit('StorePath', `StorePath: ${A_PATH}`, `StorePath: ${B_PATH}`),
    (i) => i.storePath,
    B,
  ],
  ['URL twice', edit('URL', 'URL: a', 'URL: b'), (i) => i.url, 'b'],
  [
    'Compression twice',
    edit('Compression', 'Compression: xz', 'Compression: none'),
    (i) => i.compression,
    'none',
  ],
  ['NarSize twice', edit('NarSize', 'NarSize: 1', 'NarSize: 2'), (i) => i.narSize, 2],
  ['FileSize twice', edit('FileSize', 'FileSize: 1', 'FileSize: 2'), (i) => i.fileSize, 2],
  ['Deriver twice', edit('CA', `Deriver: ${A}`, `Deriver: ${B}`), (i) => i.deriver, B],
  [
    'References twice, the first empty',
    edit('References', 'References: ', `References: ${A}`),
    (i) => i.references,
    [A],
  ],
  ['Sig twice', edit('Sig', `Sig: ${A_SIGNATURE}`, `Sig: ${B_SIGNATURE}`), (i) => i.signatures.length, 2],
  ['no Sig', edit('Sig'), (i) => i.signatures, []],
  ['no References', edit('References'), (i) => i.references, []],
  ['empty References', edit('References', 'References: '), (i) => i.references, []],
  ['no FileHash', edit('FileHash'), (i) => 'fileHash' in i, false],
  ['no FileSize', edit('FileSize'), (i) => 'fileSize' in i, false],
  ['FileSize 0 is unknown', edit('FileSize', 'FileSize: 0'), (i) => 'fileSize' in i, false],
  ['no Compression', edit('Compression'), (i) => i.compression, 'bzip2'],
  ['empty Compression', edit('Compression', 'Compression: '), (i) => i.compression, 'bzip2'],
  [
    'base16',
    edit('NarHash', `NarHash: ${printHash(parsed(B_NARINFO).narHash, 'base16')}`),
    (i) => printHash(i.narHash, 'nix32'),
    `sha256:${NAR_HASH}`,
  ],
  [
    'base64',
    edit('NarHash', `NarHash: ${printHash(parsed(B_NARINFO).narHash, 'base64')}`),
    (i) => printHash(i.narHash, 'nix32'),
    `sha256:${NAR_HASH}`,
  ],
  [
    'SRI',
    edit('FileHash', `FileHash: ${printHash(parsed(B_NARINFO).narHash, 'sri')}`),
    (i) => i.fileHash && printHash(i.fileHash, 'nix32'),
    `sha256:${NAR_HASH}`,
  ],
  ['sha1', edit('NarHash', 'NarHash: sha1:143xibwh31h9bvxzalr0sjvbbvpa6ffs'), (i) => i.narHash.algo, 'sha1'],
  ['leading +', edit('NarSize', 'NarSize: +168'), (i) => i.narSize, 168],
  ['2^53-1', edit('NarSize', 'NarSize: 9007199254740991'), (i) => i.narSize, Number.MAX_SAFE_INTEGER],
  [
    'runs of spaces',
    edit('References', `References:   ${B}   ${A} `),
    (i) => i.references,
    [B, A].sort(compareAscii),
  ],
  [
    'unsorted, repeated References',
    edit('References', `References: ${A} ${B} ${A}`),
    (i) => i.references,
    [B, A],
  ],
  ['unknown-deriver', edit('CA', 'Deriver: unknown-deriver'), (i) => 'deriver' in i, false],
  ['CA empty', edit('CA', 'CA: '), (i) => 'ca' in i, false],
  [
    'CA twice, the first empty',
    edit('CA', 'CA: ', `CA: fixed:r:sha256:${NAR_HASH}`),
    (i) => i.ca?.method,
    parsed(edit('CA', `CA: fixed:r:sha256:${NAR_HASH}`)).ca?.method,
  ],
  [
    'unknown-deriver takes no deriver back',
    edit('CA', `Deriver: ${A}`, 'Deriver: unknown-deriver'),
    (i) => i.deriver,
    A,
  ],
  ['URL twice, the first empty', edit('URL', 'URL: ', 'URL: b'), (i) => i.url, 'b'],
  ['NarSize twice, the first 0', edit('NarSize', 'NarSize: 0', 'NarSize: 2'), (i) => i.narSize, 2],
  [
    'References twice, the first of spaces',
    edit('References', 'References:   ', `References: ${A}`),
    (i) => i.references,
    [A],
  ],
  ['CA twice, both empty', edit('CA', 'CA: ', 'CA: '), (i) => 'ca' in i, false],
  ['StorePath with slash', edit('StorePath', `StorePath: ${B_PATH}/`), (i) => i.storePath, B],
  [
    'a colon in a value',
    edit('URL', 'URL: https://a.example:80/x?y: z'),
    (i) => i.url,
    'https://a.example:80/x?y: z',
  ],
];

for (const [what, text, get, expected] of READ) {
  test(`section 3: read: ${what}`, () => assert.deepEqual(get(parsed(text)), expected));
}

/** Section 3, the rows that are refused: the edit, the field and the line that are named. */
const REFUSED: [string, string, string | undefined, number | undefined][] = [
  ['nothing', '', undefined, undefined],
  ['no newline at the end', B_NARINFO.slice(0, -1), undefined, undefined],
  ['CRLF', B_NARINFO.replaceAll('\n', '\r\n'), undefined, undefined],
  ['CRLF in StorePath', edit('StorePath', `StorePath: ${B_PATH}\r`), 'StorePath', 1],
  ['empty line at the end', `${B_NARINFO}\n`, undefined, 11],
  ['empty line in the middle', edit('URL', 'URL: a', ''), undefined, 3],
  ['only a newline', '\n', undefined, 1],
  ['no colon', edit('URL', 'URL: a', 'nonsense'), undefined, 3],
  ['no space after the colon', edit('URL', 'URL:nar/x'), undefined, 2],
  ['References: without its space', edit('References', 'References:'), undefined, 8],
  ['References twice', edit('References', `References: ${A}`, 'References: '), 'References', 9],
  [
    'CA twice',
    edit('CA', 'CA: text:sha256:11nagjvz1qv9sjkmd1h8mr7pp3xa6nyw9is1544pfmjs8nigcn6c', 'CA: '),
    'CA',
    11,
  ],
  [
    'StorePath twice, the first wrong',
    edit('StorePath', 'StorePath: x', `StorePath: ${B_PATH}`),
    'StorePath',
    1,
  ],
  [
    'FileHash twice, the first wrong',
    edit('FileHash', 'FileHash: x', `FileHash: sha256:${NAR_HASH}`),
    'FileHash',
    4,
  ],
  ['FileSize twice, the first wrong', edit('FileSize', 'FileSize: x', 'FileSize: 1'), 'FileSize', 5],
  [
    'NarHash twice, the first wrong',
    edit('NarHash', 'NarHash: x', `NarHash: sha256:${NAR_HASH}`),
    'NarHash',
    6,
  ],
  ['NarSize twice, the first wrong', edit('NarSize', 'NarSize: x', 'NarSize: 1'), 'NarSize', 7],
  ['NarSize twice, the last 0', edit('NarSize', 'NarSize: 1', 'NarSize: 0'), 'NarSize', 8],
  ['URL twice, the last empty', edit('URL', 'URL: a', 'URL: '), 'URL', 3],
  ['Deriver twice, the first wrong', edit('CA', 'Deriver: x', `Deriver: ${A}`), 'Deriver', 10],
  ['CA twice, the first wrong', edit('CA', 'CA: x', 'CA: '), 'CA', 10],
  ['no StorePath', edit('StorePath'), 'StorePath', undefined],
  ['no NarHash', edit('NarHash'), 'NarHash', undefined],
  ['no NarSize', edit('NarSize'), 'NarSize', undefined],
  ['no URL', edit('URL'), 'URL', undefined],
  ['empty URL', edit('URL', 'URL: '), 'URL', 2],
  ['NarSize 0', edit('NarSize', 'NarSize: 0'), 'NarSize', 7],
  ['NarSize negative', edit('NarSize', 'NarSize: -1'), 'NarSize', 7],
  ['NarSize hex', edit('NarSize', 'NarSize: 0x10'), 'NarSize', 7],
  ['NarSize with space', edit('NarSize', 'NarSize: 1 '), 'NarSize', 7],
  ['NarSize exponent', edit('NarSize', 'NarSize: 1e3'), 'NarSize', 7],
  ['NarSize ++', edit('NarSize', 'NarSize: ++1'), 'NarSize', 7],
  ['NarSize 2^53', edit('NarSize', 'NarSize: 9007199254740992'), 'NarSize', 7],
  ['FileSize overflow', edit('FileSize', 'FileSize: 18446744073709551616'), 'FileSize', 5],
  ['FileSize empty', edit('FileSize', 'FileSize: '), 'FileSize', 5],
  ['bare digest', edit('NarHash', `NarHash: ${NAR_HASH}`), 'NarHash', 6],
  ['bare file digest', edit('FileHash', `FileHash: ${NAR_HASH}`), 'FileHash', 4],
  ['NarHash empty', edit('NarHash', 'NarHash: '), 'NarHash', 6],
  ['References with tab', edit('References', `References: ${A}\t${B}`), 'References', 8],
  ['References as full paths', edit('References', `References: ${A_PATH}`), 'References', 8],
  ['Deriver as full path', edit('CA', `Deriver: ${A_PATH}`), 'Deriver', 10],
  ['Deriver empty', edit('CA', 'Deriver: '), 'Deriver', 10],
  ['Sig without colon', edit('Sig', `Sig: ${B_SIGNATURE}`, 'Sig: x'), 'Sig', 10],
  ['Sig without base64', edit('Sig', 'Sig: key:'), 'Sig', 9],
  ['Sig of no base64', edit('Sig', 'Sig: key:***'), 'Sig', 9],
  ['CA malformed', edit('CA', 'CA: sha256:11nagjvz1qv9sjkmd1h8mr7pp3xa6nyw9is1544pfmjs8nigcn6c'), 'CA', 10],
  ['StorePath elsewhere', edit('StorePath', `StorePath: /gnu/store/${B}`), 'StorePath', 1],
  ['StorePath with space', edit('StorePath', `StorePath: ${B_PATH} `), 'StorePath', 1],
  ['StorePath as base name', edit('StorePath', `StorePath: ${B}`), 'StorePath', 1],
];

for (const [what, text, field, line] of REFUSED) {
  test(`section 3: refused: ${what}`, () => {
    assert.throws(
      () => parseNarInfo(text),
      (err: Error & { code?: string; field?: string; line?: number }) => {
        assert.equal(err.name, 'ParseError');
        assert.equal(err.code, 'ERR_PARSE_NAR_INFO');
        if (what !== 'CRLF') assert.deepEqual([err.field, err.line], [field, line]);
        if (err.field !== undefined) assert.ok(err.message.includes(err.field));
        if (err.line !== undefined) assert.ok(err.message.includes(`line ${err.line}`));
        return true;
      },
    );
  });
}

test('another store directory, and only that', () => {
  const text = B_NARINFO.replaceAll('/nix/store', '/gnu/store');
  const info = parseNarInfo(text, { storeDir: '/gnu/store' });
  assert.deepEqual(info, parseNarInfo(B_NARINFO));
  assert.equal(printNarInfo(info, { storeDir: '/gnu/store' }), text);
  assert.throws(() => parseNarInfo(text), { field: 'StorePath' });
  assert.throws(() => parseNarInfo(B_NARINFO, { storeDir: '/gnu/store' }), { field: 'StorePath' });
});

test('keys named like members of objects are unknown keys', () => {
  const odd = ['__proto__', 'constructor', 'toString', 'storePath', 'sig', 'storepath'];
  const text = odd.map((key) => `${key}: x\n`).join('') + B_NARINFO;
  assert.deepEqual(parseNarInfo(text), parseNarInfo(B_NARINFO));
});

test('200 kB of references take no time', () => {
  const digits = (i: number): string => i.toString().padStart(32, '0');
  const references = Array.from({ length: 4500 }, (_, i) => `${digits(i)}-reference`);
  const text = edit('References', `References: ${references.toReversed().join(' ')}`);
  assert.ok(text.length > 190_000);
  const begin = performance.now();
  const info = parseNarInfo(text);
  assert.ok(performance.now() - begin < 2000);
  assert.deepEqual(info.references, references);
  assert.equal(printNarInfo(info), edit('References', `References: ${references.join(' ')}`));
});

test('law: a narinfo cut short anywhere is refused, or is another whole one', () => {
  for (let length = 0; length < B_NARINFO.length; length++) {
    const text = B_NARINFO.slice(0, length);
    if (text.endsWith('\n') && text.includes('\nNarSize: 168\n')) parseNarInfo(text);
    else assert.throws(() => parseNarInfo(text), { code: 'ERR_PARSE_NAR_INFO' });
  }
});

test('law: with any one character changed it parses, or is an ERR_PARSE_NAR_INFO', () => {
  fc.assert(
    fc.property(fc.nat(B_NARINFO.length - 1), fc.constantFrom(...'\0\n\r :0zA/é\u{1F600}'), (at, char) => {
      const text = B_NARINFO.slice(0, at) + char + B_NARINFO.slice(at + 1);
      try {
        const info = parseNarInfo(text);
        assert.deepEqual(parseNarInfo(printNarInfo(info)), info);
      } catch (err) {
        assert.equal((err as { code?: string }).code, 'ERR_PARSE_NAR_INFO', String(err));
      }
    }),
    { numRuns: 1000 },
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fingerprint } from '../../src/narinfo/fingerprint.ts';
import { parseNarInfo } from '../../src/narinfo/parse.ts';
import type { NarInfo } from '../../src/narinfo/path-info.ts';
import { printNarInfo } from '../../src/narinfo/print.ts';
import { parseBaseName } from '../../src/store-path/store-path.ts';
import { narInfos } from './arbitraries.ts';
import { A_PATH, B_INFO, B_NARINFO } from './vectors.ts';

const A = parseBaseName(A_PATH.slice(11));

test('section 2: the vector, byte for byte', () => {
  assert.equal(printNarInfo(parseNarInfo(B_NARINFO)), B_NARINFO);
});

test('section 2: order of the fields, and what is written only when known', () => {
  const keys = (info: NarInfo): string[] =>
    printNarInfo(info)
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(0, line.indexOf(':')));
  assert.deepEqual(keys({ ...B_INFO, deriver: A }), [
    'StorePath',
    'URL',
    'Compression',
    'FileHash',
    'FileSize',
    'NarHash',
    'NarSize',
    'References',
    'Deriver',
    'Sig',
    'CA',
  ]);
  const { fileHash: _, fileSize: __, ca: ___, ...rest } = B_INFO;
  assert.deepEqual(keys({ ...rest, signatures: [] }), [
    'StorePath',
    'URL',
    'Compression',
    'NarHash',
    'NarSize',
    'References',
  ]);
});

test('section 2: no references: the line keeps its trailing space', () => {
  assert.match(printNarInfo({ ...B_INFO, references: [] }), /\nReferences: \n/);
});

test('section 2: references sorted and each once, signatures sorted; the info is left alone', () => {
  const b = B_INFO.storePath;
  const sig = (keyName: string): { keyName: string; sig: Uint8Array } => ({ keyName, sig: Uint8Array.of(1) });
  const info = { ...B_INFO, references: [A, b, A], signatures: [sig('b'), sig('a'), sig('B')] };
  const text = printNarInfo(info);
  assert.ok(text.includes(`\nReferences: ${b} ${A}\n`), text);
  assert.ok(text.includes('\nSig: B:AQ==\nSig: a:AQ==\nSig: b:AQ==\n'), text);
  assert.deepEqual(info.references, [A, b, A]);
  assert.deepEqual(
    info.signatures.map((s) => s.keyName),
    ['b', 'a', 'B'],
  );
});

test('what would not be read back as it was is a RangeError', () => {
  for (const change of [
    { url: 'a\nNarSize: 1' },
    { url: '' },
    { compression: 'none\nSig: a:AA==' },
    { compression: '' }, // would be read as bzip2
    { narSize: 0 },
    { narSize: -1 },
    { narSize: 1.5 },
    { narSize: Number.NaN },
    { narSize: 2 ** 53 },
    { fileSize: -1 },
    { fileSize: Number.NaN },
    { fileSize: 1e21 },
    { signatures: [{ keyName: 'a\nSig: b', sig: Uint8Array.of(1) }] },
  ]) {
    assert.throws(() => printNarInfo({ ...B_INFO, ...change }), RangeError, JSON.stringify(change));
  }
});

test('a store directory that is none is refused', () => {
  assert.throws(() => printNarInfo(B_INFO, { storeDir: '/nix/store/' }), { code: 'ERR_PARSE_STORE_PATH' });
});

test('law: parse(print(info)) = info, and print(parse(text)) = text', () => {
  fc.assert(
    fc.property(narInfos, (info) => {
      const text = printNarInfo(info);
      assert.deepEqual(parseNarInfo(text), info);
      assert.equal(printNarInfo(parseNarInfo(text)), text);
    }),
    { numRuns: 300 },
  );
});

test('references come out sorted and each once, however they went in', () => {
  const paths = ['0', '1', '2'].map((digit) => parseBaseName(`${digit.repeat(32)}-x`));
  const line = (text: string): string | undefined => /^References: (.*)$/m.exec(text)?.[1];
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [0, 0, 1, 2],
    [0, 1, 2, 2],
    [1, 2, 0, 1],
  ]) {
    const references = order.map((at) => paths[at] as (typeof paths)[number]);
    const info = { ...B_INFO, references };
    assert.equal(line(printNarInfo(info)), paths.join(' '));
    assert.equal(fingerprint(info), fingerprint({ ...B_INFO, references: paths }));
    const odd = printNarInfo(info).replace(/^References: .*$/m, `References: ${references.join(' ')}`);
    assert.deepEqual(parseNarInfo(odd).references, paths);
    assert.deepEqual(info.references, references, 'the caller keeps its order');
  }
});

test('a signature that is there twice is written once; one that differs in name or bytes is not the same', () => {
  const sig = (keyName: string, byte: number): { keyName: string; sig: Uint8Array } => ({
    keyName,
    sig: Uint8Array.of(byte),
  });
  const info = { ...B_INFO, signatures: [sig('b', 1), sig('a', 1), sig('b', 1), sig('b', 2), sig('a', 1)] };
  assert.deepEqual(printNarInfo(info).match(/^Sig: .*$/gm), ['Sig: a:AQ==', 'Sig: b:AQ==', 'Sig: b:Ag==']);
});

test('the error of a newline quotes the line that has it, and no other', () => {
  assert.throws(() => printNarInfo({ ...B_INFO, url: 'a\nNarSize: 1' }), {
    name: 'RangeError',
    message: 'a narinfo field must not have a newline: "URL: a\\nNarSize: 1"',
  });
});

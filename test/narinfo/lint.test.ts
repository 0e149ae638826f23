import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  lintNarInfo,
  NAR_INFO_QUIRKS,
  type NarInfoQuirk,
  type NarInfoQuirkCode,
  parseNarInfo,
  printNarInfo,
} from 'narkit/narinfo';
import { narInfos } from './arbitraries.ts';
import { LINT_CASES } from './lint-cases.ts';
import { A_PATH, B_INFO, B_NARINFO } from './vectors.ts';

const show = ({ code, line, field }: NarInfoQuirk): string =>
  [code, line, field].filter((part) => part !== undefined).join(' ');

for (const [what, text, quirks] of LINT_CASES) {
  test(`section 3: ${what}`, () => assert.deepEqual(lintNarInfo(text).quirks.map(show), quirks));
}

test('every kind of oddity has a case', () => {
  const seen = new Set(LINT_CASES.flatMap(([, , quirks]) => quirks.map((quirk) => quirk.split(' ')[0])));
  const unseen = Object.keys(NAR_INFO_QUIRKS).filter((code) => !seen.has(code));
  assert.deepEqual(unseen, ['other-path']);
});

test('the path that was asked for, and the store directory', () => {
  const other = B_INFO.references[0];
  assert.ok(other);
  assert.equal(`/nix/store/${other}`, A_PATH);
  assert.deepEqual(lintNarInfo(B_NARINFO, { storePath: other }).quirks.map(show), ['other-path 1 StorePath']);
  assert.deepEqual(lintNarInfo(B_NARINFO, { storePath: B_INFO.storePath }).quirks, []);
  const moved = B_NARINFO.replaceAll('/nix/store', '/gnu/store');
  assert.deepEqual(lintNarInfo(moved, { storeDir: '/gnu/store', storePath: B_INFO.storePath }).quirks, []);
  assert.equal(lintNarInfo(moved).verdicts.nix, 'rejects');
});

test('verdicts: the worst of all oddities; what nobody looked at is unknown', () => {
  assert.deepEqual(lintNarInfo(B_NARINFO).verdicts, {
    nix: 'accepts',
    'nix-2.34': 'accepts',
    'nix-2.8': 'accepts',
    'nix-compat': 'accepts',
    'go-nix': 'accepts',
    harmonia: 'accepts',
  });
  const text = B_NARINFO.replace('Compression: none', 'Compression: brotli').replace(/^Sig: .*/m, 'Sig: x');
  assert.deepEqual(lintNarInfo(text).verdicts, {
    nix: 'rejects',
    'nix-2.34': 'rejects',
    'nix-2.8': 'impaired',
    'nix-compat': 'rejects',
    'go-nix': 'rejects',
    harmonia: 'unknown',
  });
});

/** What printNarInfo may be made to write, but Nix would not have written. */
const INHERENT: readonly NarInfoQuirkCode[] = [
  'missing-file-hash',
  'missing-file-size',
  'sig-length',
  'hash-not-sha256',
  'ca-git',
  'crlf',
];

test('law: in what printNarInfo writes nothing is odd but what the info brings with it', () => {
  fc.assert(
    fc.property(narInfos, (info) => {
      const odd = lintNarInfo(printNarInfo(info)).quirks.filter(({ code }) => !INHERENT.includes(code));
      assert.deepEqual(odd, []);
    }),
  );
});

test('law: with any change, a text without oddities is what printNarInfo writes; no text makes it throw', () => {
  let clean = 0;
  fc.assert(
    fc.property(fc.nat(B_NARINFO.length - 1), fc.constantFrom(...'\0\n\r :0zA/+=é\u{1F600}'), (at, char) => {
      const text = B_NARINFO.slice(0, at) + char + B_NARINFO.slice(at + 1);
      const { quirks } = lintNarInfo(text);
      if (quirks.length > 0) return;
      clean++;
      assert.equal(printNarInfo(parseNarInfo(text)), text);
    }),
    { numRuns: 2000 },
  );
  assert.ok(clean > 50);
});

test('a megabyte of signatures, references or digits takes no time', () => {
  const begin = performance.now();
  const sigs = Array.from({ length: 9000 }, (_, i) => `Sig: key-${i}:${'A'.repeat(86)}==\n`).join('');
  assert.equal(lintNarInfo(B_NARINFO + sigs).verdicts.nix, 'accepts');
  lintNarInfo(`${B_NARINFO}References: ${'x '.repeat(500_000)}\nNarSize: ${'9'.repeat(500_000)}\n`);
  assert.ok(performance.now() - begin < 3000);
});

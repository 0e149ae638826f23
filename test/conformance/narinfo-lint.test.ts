/**
 * `lintNarInfo` says of every narinfo of the kit what the two versions of Nix made of it: a check of its table
 * that needs no Nix.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { lintNarInfo } from 'narkit/narinfo';
import { suites } from './suites.ts';

for (const reader of ['nix-2.8', 'nix-2.34'] as const) {
  it(`lintNarInfo has the verdicts of ${reader}`, () => {
    const cases = (suites.get('narinfo')?.suite.cases ?? []).filter(({ operation }) => operation === 'parse');
    assert.ok(cases.length > 100);
    const wrong = cases.filter(({ input: { text, storeDir }, verdicts }) => {
      const lint = lintNarInfo(text as string, { storeDir: storeDir as string });
      return (lint.verdicts[reader] === 'rejects') !== 'rejects' in (verdicts[reader] ?? {});
    });
    assert.deepEqual(
      wrong.map(({ id }) => id),
      [],
    );
  });
}

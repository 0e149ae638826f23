/**
 * What the fuzzer makes: the same for the same seed, right and wrong, and never more than narkit bears.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { narSubject } from '../../fuzz/nar.ts';
import { narInfoSubject } from '../../fuzz/narinfo.ts';
import { claimsLongString, keyword, printWords, wordsOf } from '../../fuzz/words.ts';
import { nar, T, trees } from '../nar/trees.ts';

const CASES = 400;

for (const subject of [narSubject, narInfoSubject]) {
  describe(`mutated ${subject.name}s`, () => {
    const inputs = fc.sample(subject.inputs, { seed: 1, numRuns: CASES });

    it('are the same for the same seed', () => {
      assert.deepEqual(fc.sample(subject.inputs, { seed: 1, numRuns: CASES }), inputs);
      assert.notDeepEqual(fc.sample(subject.inputs, { seed: 2, numRuns: CASES }), inputs);
    });

    it('are right and wrong, in many ways; narkit refuses them with typed errors only', async () => {
      const all = await Promise.all(inputs.map((input) => subject.ours(input)));
      const accepted = all.filter(({ verdict }) => verdict.accepted).length;
      assert.ok(accepted > CASES / 20 && accepted < CASES / 1.5, `${accepted} of ${CASES} are accepted`);
      const reasons = all.flatMap(({ verdict, traits }) =>
        verdict.accepted ? [] : [traits.join(), verdict.why.replaceAll(/\d+|'.*'|".*"/gs, '')],
      );
      assert.ok(new Set(reasons).size > 20, `${new Set(reasons).size} reasons`);
    });
  });
}

describe('words of an archive', () => {
  it('print as any other writer prints the tree', () => {
    assert.deepEqual(printWords(wordsOf(T, { unsorted: false })), nar(T));
    fc.assert(
      fc.property(trees, (tree) => {
        assert.deepEqual(printWords(wordsOf(tree, { unsorted: false })), nar(tree));
        assert.equal(claimsLongString(nar(tree)), false);
      }),
      { numRuns: 50 },
    );
  });

  it('claim long strings where a reader gets that far', () => {
    const start = ['nix-archive-1', '(', 'type'].map(keyword);
    const name = { role: 'name', bytes: Buffer.from('a'), length: 2n ** 40n } as const;
    const claims = (...words: Parameters<typeof printWords>[0]): boolean =>
      claimsLongString(printWords([...start, ...words]));
    assert.ok(claims(keyword('symlink'), keyword('target'), name));
    assert.ok(claims(name));
    assert.ok(!claims(keyword('regular'), keyword('contents'), name), 'contents are not read at once');
    assert.ok(!claims(keyword('what'), keyword('ever'), name), 'nobody reads on');
    assert.ok(!claims({ ...keyword('regular'), padding: Buffer.from([1]) }, name), 'nobody reads on');
    assert.ok(!claims({ ...name, length: 100n }));
  });
});

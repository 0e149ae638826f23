import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ConformanceCase,
  type ConformanceVerdict,
  runConformance,
  sameVerdict,
} from 'narkit/conformance';

const base = { about: 'a case', section: 'a rule', operation: 'double', input: { n: 2 } };

function one(verdict: ConformanceVerdict, id = 'one'): ConformanceCase {
  return { ...base, id, verdicts: { 'nix-2.34': verdict } };
}

const double = (input: ConformanceCase['input']): number => {
  if (typeof input['n'] !== 'number') throw Object.assign(new Error('not a number'), { code: 'ERR_N' });
  return 2 * input['n'];
};

describe('runConformance', () => {
  it('tells right from wrong', async () => {
    const cases = [
      one({ accepts: 4 }, 'right'),
      one({ accepts: 5 }, 'wrong'),
      one({ rejects: 'no' }, 'accepted'),
      { ...one({ rejects: 'whatever it says' }, 'refused'), input: {} },
      { ...one({ accepts: 4 }, 'refused-wrongly'), input: {} },
    ];
    const results = await runConformance({ cases }, { double });
    assert.deepEqual(
      results.map(({ case: { id }, pass }) => [id, pass]),
      [
        ['right', true],
        ['wrong', false],
        ['accepted', false],
        ['refused', true],
        ['refused-wrongly', false],
      ],
    );
    assert.deepEqual(
      results.map(({ verdict }) => verdict),
      [{ accepts: 4 }, { accepts: 4 }, { accepts: 4 }, { rejects: 'ERR_N' }, { rejects: 'ERR_N' }],
    );
  });

  it('waits for operations, and takes a rejected promise as a refusal', async () => {
    const later = async (input: ConformanceCase['input']): Promise<number> => double(input);
    const cases = [one({ accepts: 4 }), { ...one({ rejects: '' }), input: {} }];
    const results = await runConformance({ cases }, { double: later });
    assert.deepEqual(
      results.map(({ pass }) => pass),
      [true, true],
    );
  });

  it('says nothing of operations that are not there, nor where the reader has no verdict', async () => {
    const cases = [one({ accepts: 4 })];
    const [absent] = await runConformance({ cases }, {});
    assert.deepEqual([absent?.verdict, absent?.pass], [undefined, undefined]);
    const [old] = await runConformance({ cases }, { double }, { reader: 'nix-2.8' });
    assert.deepEqual([old?.verdict, old?.pass], [{ accepts: 4 }, undefined]);
    const inherited = [{ ...one({ accepts: 4 }), operation: 'toString' }];
    assert.equal((await runConformance({ cases: inherited }, {}))[0]?.verdict, undefined);
  });

  it('refuses an unknown option', async () => {
    const options = { readers: 'narkit' } as object;
    await assert.rejects(runConformance({ cases: [] }, {}, options), /unknown option 'readers'/);
  });
});

describe('sameVerdict', () => {
  it('does not look at the order of keys, nor at reasons', () => {
    assert.ok(
      sameVerdict({ accepts: { a: 1, b: [{ c: 1, d: 2 }] } }, { accepts: { b: [{ d: 2, c: 1 }], a: 1 } }),
    );
    assert.ok(sameVerdict({ rejects: 'a' }, { rejects: 'b', by: 'source' }));
    assert.ok(!sameVerdict({ accepts: [1, 2] }, { accepts: [2, 1] }));
    assert.ok(!sameVerdict({ accepts: null }, { rejects: 'null' }));
    assert.ok(!sameVerdict({ accepts: '1' }, { accepts: 1 }));
  });
});

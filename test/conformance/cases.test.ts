/**
 * narkit against every case of the kit, and the kit against its own rules.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ConformanceCase, narkitOperations, runConformance, sameVerdict } from 'narkit/conformance';
import { topics } from '../../scripts/conformance/topics.ts';
import { suites } from './suites.ts';

/** What is wrong with the form of a case. */
function faults({ id, about, section, verdicts, why }: ConformanceCase): string[] {
  const differs =
    verdicts.narkit && verdicts['nix-2.34'] && !sameVerdict(verdicts.narkit, verdicts['nix-2.34']);
  return [
    ...(/^[a-z0-9.-]+$/i.test(id) ? [] : ['an id that is no name']),
    ...(about.length > 0 && section.length > 0 ? [] : ['nothing about it']),
    ...(Object.keys(verdicts).length > 0 ? [] : ['no verdict']),
    ...(verdicts.narkit?.by === undefined ? [] : ['narkit has not been run']),
    ...((why !== undefined) === (differs === true) ? [] : ["a 'why' that is missing or too much"]),
    ...(why === '' ? ["an empty 'why'"] : []),
  ].map((fault) => `${id}: ${fault}`);
}

it('has a suite for every topic, and a topic for every suite', () => {
  assert.deepEqual([...suites.keys()].sort(), topics.map(({ topic }) => topic).sort());
  assert.deepEqual(Object.keys(narkitOperations).sort(), [...suites.keys()].sort());
});

for (const [name, { suite, text }] of suites) {
  describe(name, () => {
    it('keeps the form of a suite', () => {
      assert.equal(suite.topic, name);
      const ids = suite.cases.map(({ id }) => id);
      assert.deepEqual(ids.length, new Set(ids).size, 'ids are not unique');
      assert.deepEqual(suite.cases.flatMap(faults), []);
      const missing = suite.cases.filter(({ operation }) => !`\n${suite.about}`.includes(`\n${operation} {`));
      assert.deepEqual(
        [...new Set(missing.map(({ operation }) => operation))],
        [],
        'operations that nothing describes',
      );
    });

    it('mentions no machine and no time', () => {
      assert.deepEqual(text.match(/\/tmp\/|\/home\/|conformance-\w{6}|\\u001b/g) ?? [], []);
    });

    for (const section of new Set(suite.cases.map((each) => each.section))) {
      describe(section, () => {
        for (const each of suite.cases.filter((other) => other.section === section)) {
          it(each.id, async () => {
            const operations = narkitOperations[name] ?? {};
            const [result] = await runConformance({ cases: [each] }, operations);
            assert.deepEqual(result?.verdict, each.verdicts.narkit);
            if (each.why === undefined) assert.notEqual(result?.pass, false);
          });
        }
      });
    }
  });
}

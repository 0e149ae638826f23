/**
 * The conformance kit against real Nix: what the generator makes today is what is committed.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generate, nixPair } from '../../scripts/conformance/generate.ts';
import { topics } from '../../scripts/conformance/topics.ts';
import { suites } from '../conformance/suites.ts';
import { nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const pair = nixPair(nixInstallations());

describe('the conformance kit is what Nix 2.8 and 2.34 say', () => {
  for (const topic of topics) {
    it(topic.topic, async (t) => {
      if (!need(t, 'nix', pair !== undefined, 'a Nix 2.8 with a Nix 2.34') || pair === undefined) return;
      const committed = suites.get(topic.topic);
      // The same versions, or messages may have other words.
      for (const [reader, { version }] of Object.entries(pair)) {
        const written = committed?.suite.versions[reader as keyof typeof pair];
        if (written !== version) return t.skip(`the kit was made with ${written}, this is ${version}`);
      }
      const { text, problems } = await generate(topic, pair, await tempDir(t));
      assert.deepEqual(problems, []);
      assert.equal(text, committed?.text);
    });
  }
});

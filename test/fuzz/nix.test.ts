/**
 * A small run of the fuzzer against real Nix, and proof that it would find something.
 */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type FuzzReport, fuzz, shrink } from '../../fuzz/fuzzer.ts';
import { narSubject } from '../../fuzz/nar.ts';
import { narInfoSubject } from '../../fuzz/narinfo.ts';
import { describeFailure } from '../../fuzz/report.ts';
import type { Peer, Subject } from '../../fuzz/subject.ts';
import { type NixInstallation, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const CASES = 300;
const installations = nixInstallations();

async function open(t: TestContext, subject: Subject, nix: NixInstallation): Promise<Peer> {
  const dir = join(await tempDir(t), subject.name);
  await mkdir(dir);
  const peer = await subject.open(nix, dir);
  t.after(() => peer.close());
  return peer;
}

const run = (subject: Subject, peer: Peer): Promise<FuzzReport> =>
  fuzz(subject, [peer], { seed: 20_000, cases: CASES, deadline: Date.now() + 60_000 });

describe('narkit and Nix', () => {
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });

  for (const nix of installations) {
    for (const subject of [narSubject, narInfoSubject]) {
      it(`${nix.version} read mutated ${subject.name}s alike`, async (t) => {
        const { cases, tally, failure } = await run(subject, await open(t, subject, nix));
        assert.equal(failure && describeFailure(failure), undefined);
        assert.equal(cases, CASES);
        const counts = tally.get(nix.version);
        assert.ok((counts?.get('both accept') ?? 0) > 10);
        assert.ok((counts?.get('both refuse') ?? 0) > 10);
      });
    }
  }

  const newest = installations.at(-1);
  it('would find a reader that reads something else, and shows a small input', async (t) => {
    if (!need(t, 'nix', newest !== undefined, 'Nix') || newest === undefined) return;
    const broken: Subject = {
      ...narSubject,
      // Blind to one bit of padding, as a reader that does not look at it.
      ours: async (input) => {
        const ours = await narSubject.ours(input);
        if (ours.verdict.accepted || !ours.verdict.why.includes('non-zero padding')) return ours;
        return { verdict: { accepted: true, result: 'something' }, traits: [] };
      },
    };
    const peer = await open(t, broken, newest);
    const { failure } = await run(broken, peer);
    assert.ok(failure !== undefined);
    const smallest = await shrink(broken, peer, failure);
    assert.match(describeFailure(smallest), /Nix: +refuses: .*non-zero padding/);
    assert.ok(smallest.input.length <= failure.input.length);
  });
});

/**
 * The table of the guide and the classes of the fuzzer say the same; nothing else is explained.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { DIFFERENCES, differs, explain } from '../../fuzz/differences.ts';
import type { Comparison, Ours, Verdict } from '../../fuzz/subject.ts';
import { root } from '../docs/blocks.ts';
import type { NixInstallation } from '../support/nix.ts';

const cells = (line: string): string[] => line.split('|').map((cell) => cell.trim());
const table = readFileSync(join(root, 'docs/guide/differences.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map(cells);
const head = table[0] ?? [];
const rows = table.slice(2);
const versions = head.filter((cell) => /^\d/.test(cell));
const nixOf = (version: string): NixInstallation => ({ binDir: '', version });

function comparison(
  subject: Comparison['subject'],
  ours: Partial<Ours> & { verdict: Verdict },
  theirs: Verdict,
  version: string,
): Comparison {
  return { subject, ours: { traits: [], ...ours }, theirs, nix: nixOf(version) };
}

const accepted = (result: string): Verdict => ({ accepted: true, result });
const refused = (why: string): Verdict => ({ accepted: false, why });

describe('the differences to Nix', () => {
  it('are the rows of the guide, in order', () => {
    assert.equal(versions.length, 3);
    assert.deepEqual(
      rows.map((row) => row[1]),
      DIFFERENCES.map(({ id }) => `\`${id}\``),
    );
    assert.ok(rows.every((row) => row.slice(1, -1).every((cell) => cell !== '')));
  });

  for (const [index, difference] of DIFFERENCES.entries()) {
    it(`${difference.id}: the row says who accepts it`, () => {
      const row = rows[index] ?? [];
      const narkit = difference.accepts === 'narkit' ? 'accepts' : 'refuses';
      assert.equal(row[head.indexOf('narkit')], narkit);
      for (const version of versions) {
        const differ = row[head.indexOf(version)] !== narkit;
        assert.equal(differ, differs(difference, nixOf(version)), version);
      }
    });
  }

  it('explain bytes after the end only where both read the same before', () => {
    const ours = { verdict: refused('ERR_NAR_TRAILING: bytes after the end'), prefix: 'a' };
    assert.equal(explain(comparison('nar', ours, accepted('a'), '2.34.8'))?.id, 'nar-trailing');
    assert.equal(explain(comparison('nar', ours, accepted('b'), '2.34.8')), undefined);
  });

  it('explain what a version does, not what it no longer does', () => {
    const ours = { verdict: refused("ERR_NAR_SYNTAX: entry 'a' is not in archive order: ...") };
    assert.equal(explain(comparison('nar', ours, accepted(''), '2.8.0'))?.id, 'nar-order');
    assert.equal(explain(comparison('nar', ours, accepted(''), '2.34.8')), undefined);
    assert.equal(explain(comparison('narinfo', ours, accepted(''), '2.8.0')), undefined);
  });

  it('explain nothing of which both read something else, nor what narkit alone accepts', () => {
    const ours = { verdict: accepted('a'), traits: ['hash-blake3'] };
    assert.equal(explain(comparison('narinfo', ours, accepted('b'), '2.34.8')), undefined);
    assert.equal(explain(comparison('narinfo', ours, refused('corrupt'), '2.34.8')), undefined);
    assert.equal(
      explain(comparison('narinfo', ours, refused("experimental Nix feature 'x'"), '2.34.8'))?.id,
      'narinfo-experimental',
    );
    assert.equal(explain(comparison('nar', { verdict: accepted('a') }, refused('x'), '2.34.8')), undefined);
  });
});

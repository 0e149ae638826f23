/** `dumpPath` against the cases about trees on disk, which the portable operations cannot run. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { collect } from 'narkit';
import { runConformance } from 'narkit/conformance';
import { writeNar } from 'narkit/nar';
import { dumpPath } from 'narkit/node';
import { makeDiskTree } from '../../scripts/conformance/disk-tree.ts';
import { tempDir } from '../support/temp.ts';
import { suites } from './suites.ts';

describe('dumpPath', () => {
  it('writes what nix-store --dump writes, and refuses what it refuses', async (t) => {
    const dir = await tempDir(t);
    const cases = (suites.get('nar')?.suite.cases ?? []).filter(({ operation }) => operation === 'dump');
    assert.ok(cases.length > 10);
    let count = 0;
    const results = await runConformance(
      { cases },
      {
        dump: async ({ entries = [] }) => {
          const top = join(dir, String(count++));
          makeDiskTree(top, entries);
          return Buffer.from(await collect(writeNar(dumpPath(top)))).toString('base64');
        },
      },
    );
    for (const { case: each, verdict, pass } of results)
      assert.ok(pass, `${each.id}: ${JSON.stringify(verdict)}`);
  });
});

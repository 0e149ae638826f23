/**
 * Prints how narkit compares with Nix on this machine: whole processes, in turn, medians.
 *
 *     npm run bench
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nixInstallations } from '../test/support/nix.ts';
import type { Row } from './compare.ts';
import { benchHash } from './dump.ts';
import { makeFile, makeTree } from './fixtures.ts';
import { benchMemory } from './memory.ts';
import { benchPublish } from './publish.ts';

const dir = mkdtempSync(join(tmpdir(), 'narkit-bench-'));
const rows: Row[] = [];
const notes: string[] = [];
try {
  const nix = nixInstallations().at(-1);
  if (nix === undefined) notes.push('Nix is not installed: nothing to compare with');
  else {
    const tree = makeTree(dir);
    rows.push(await benchHash(nix, 'hash the NAR of 50,000 files', tree));
    rows.push(await benchHash(nix, 'hash the NAR of a file of 1 GiB', await makeFile(dir, 1024 ** 3)));
    rows.push(await benchPublish(nix, dir, tree));
  }
  const memory = await benchMemory(dir);
  if (memory === undefined)
    notes.push('Ceph RGW is not installed: memory of publishing to S3 was not measured');
  else rows.push(memory);
} finally {
  execFileSync('chmod', ['-R', 'u+w', dir]);
  execFileSync('rm', ['-rf', dir]);
}

console.table(
  Object.fromEntries(
    rows.map(({ work, ours, peer, figure, target, reached }) => [
      work,
      { ours, peer, figure, target, reached: reached ? 'yes' : 'NO' },
    ]),
  ),
);
for (const note of notes) console.log(note);

/**
 * Feeds mutated NARs and narinfos to narkit, and to the oldest and the newest Nix of this machine (in
 * PATH, and in NARKIT_NIX_BINS) or those named, until as many are done as asked for. Fails for a difference that
 * docs/guide/differences.md does not explain, and when the time was too short.
 *
 *     npm run fuzz -- [--nars 125000] [--narinfos 20000] [--time 480] [--seed N] [--nix 2.34.8]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exit } from 'node:process';
import { parseArgs } from 'node:util';
import { type NixInstallation, nixInstallations } from '../test/support/nix.ts';
import { fuzz, shrink } from './fuzzer.ts';
import { narSubject } from './nar.ts';
import { narInfoSubject } from './narinfo.ts';
import { describeFailure, describeTally } from './report.ts';
import type { Subject } from './subject.ts';

const { values } = parseArgs({
  options: {
    nars: { type: 'string', default: '125000' },
    narinfos: { type: 'string', default: '20000' },
    time: { type: 'string', default: '480' },
    seed: { type: 'string', default: `${Date.now() % 2 ** 31}` },
    nix: { type: 'string', multiple: true },
  },
});

const all = nixInstallations();
const installations = all.filter(
  (nix, at) => values.nix?.includes(nix.version) ?? (at === 0 || at === all.length - 1),
);
const seed = number('seed');
const deadline = Date.now() + number('time') * 1000;
/** In memory where there is such a place: files are made and removed all the time. */
const dir = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'narkit-fuzz-'));
let good = installations.length > 0;
if (!good) console.error('There is no such Nix here to compare with.');
try {
  good &&= await run(narInfoSubject, number('narinfos'));
  good &&= await run(narSubject, number('nars'));
} finally {
  execFileSync('chmod', ['-R', 'u+w', dir]);
  execFileSync('rm', ['-rf', dir]);
}
exit(good ? 0 : 1);

/** Whether everything asked for was done, and explained. */
async function run(subject: Subject, cases: number): Promise<boolean> {
  const peers = await Promise.all(
    installations.map(async (nix) => subject.open(nix, await place(subject, nix))),
  );
  const start = Date.now();
  try {
    const report = await fuzz(subject, peers, { seed, cases, deadline });
    const seconds = ((Date.now() - start) / 1000).toFixed(1);
    console.log(`${subject.name}: ${report.cases} cases in ${seconds} s, seed ${seed}`);
    console.log(describeTally(report.tally));
    const { failure } = report;
    if (failure !== undefined) {
      const peer = peers.find(({ nix }) => nix === failure.comparison.nix);
      console.error(describeFailure(peer === undefined ? failure : await shrink(subject, peer, failure)));
      return false;
    }
    if (report.cases >= cases) return true;
    console.error(`The time was over after ${report.cases} of ${cases} cases: give it more with --time.`);
    return false;
  } finally {
    await Promise.all(peers.map((peer) => peer.close()));
  }
}

async function place(subject: Subject, nix: NixInstallation): Promise<string> {
  const path = join(dir, `${subject.name}-${nix.version}`);
  await mkdir(path);
  return path;
}

function number(name: 'nars' | 'narinfos' | 'time' | 'seed'): number {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`--${name} must be a whole number`);
  return value;
}

/** Feeds inputs to narkit and to every Nix, and counts what they agree on. */
import fc from 'fast-check';
import pMap from 'p-map';
import { explain } from './differences.ts';
import { agree, type Comparison, type Ours, type Peer, type Subject } from './subject.ts';

/** Inputs made at a time. */
const BATCH = 500;

/** Inputs looked at together: whoever waits for a daemon holds nobody up. */
const CONCURRENCY = 8;

/** How often something was so, by version of Nix. */
export type Tally = Map<string, Map<string, number>>;

/** A difference that nothing explains. */
export interface Failure {
  readonly comparison: Comparison;
  readonly input: Buffer;
  /** For `fc.check`: the same input again. */
  readonly seed: number;
  readonly path: string;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly cases: number;
  /** Milliseconds since the epoch at which it stops, however many cases are done. */
  readonly deadline: number;
}

export interface FuzzReport {
  readonly cases: number;
  readonly tally: Tally;
  readonly failure: Failure | undefined;
}

/** Runs until the cases are done, the time is over, or a difference is not explained. */
export async function fuzz(
  subject: Subject,
  peers: readonly Peer[],
  { seed, cases, deadline }: FuzzOptions,
): Promise<FuzzReport> {
  const tally: Tally = new Map();
  let failure: Failure | undefined;
  let done = 0;
  for (let batch = 0; done < cases && failure === undefined && Date.now() < deadline; batch++) {
    const batchSeed = seed + batch;
    const inputs = fc.sample(subject.inputs, { seed: batchSeed, numRuns: Math.min(BATCH, cases - done) });
    const examine = async (input: Buffer, index: number): Promise<void> => {
      if (failure !== undefined || Date.now() >= deadline) return;
      const ours = await subject.ours(input);
      const all = await Promise.all(peers.map((peer) => compare(subject, peer, input, ours)));
      for (const { comparison, outcome, version } of all) {
        if (comparison !== undefined && outcome === undefined)
          failure ??= { comparison, input, seed: batchSeed, path: `${index}` };
        count(tally, version, outcome ?? (comparison === undefined ? 'not asked' : 'not explained'));
      }
      done++;
    };
    await pMap(inputs, examine, { concurrency: CONCURRENCY });
  }
  return { cases: done, tally, failure };
}

/** `outcome`: what is counted; `undefined` for a difference that nothing explains. */
async function compare(
  subject: Subject,
  peer: Peer,
  input: Buffer,
  ours: Ours,
): Promise<{ version: string; comparison: Comparison | undefined; outcome: string | undefined }> {
  const { version } = peer.nix;
  const theirs = await peer.ask(input, ours);
  if (theirs === undefined) return { version, comparison: undefined, outcome: undefined };
  const comparison = { subject: subject.name, ours, theirs, nix: peer.nix };
  if (!agree(comparison)) return { version, comparison, outcome: explain(comparison)?.id };
  return { version, comparison, outcome: theirs.accepted ? 'both accept' : 'both refuse' };
}

/** The smallest input found in a while that shows an unexplained difference to this Nix. */
export async function shrink(subject: Subject, peer: Peer, failure: Failure): Promise<Failure> {
  let smallest = failure;
  const { seed, path } = failure;
  const property = fc.asyncProperty(subject.inputs, async (input) => {
    const { comparison, outcome } = await compare(subject, peer, input, await subject.ours(input));
    if (comparison === undefined || outcome !== undefined) return true;
    smallest = { comparison, input, seed, path };
    return false;
  });
  await fc.check(property, { seed, path, numRuns: 1, interruptAfterTimeLimit: 20_000 });
  return smallest;
}

function count(tally: Tally, version: string, what: string): void {
  const counts = tally.get(version) ?? new Map<string, number>();
  counts.set(what, (counts.get(what) ?? 0) + 1);
  tally.set(version, counts);
}

/** What a run says. */
import type { Failure, Tally } from './fuzzer.ts';
import type { Verdict } from './subject.ts';

/** One line for each version and outcome. */
export function describeTally(tally: Tally): string {
  const lines = [...tally].flatMap(([version, counts]) => [
    `  Nix ${version}:`,
    ...[...counts].sort(([, a], [, b]) => b - a).map(([what, count]) => `${`${count}`.padStart(9)}  ${what}`),
  ]);
  return lines.join('\n');
}

/** A difference that nothing explains, and how to see it again. */
export function describeFailure({ comparison, input, seed, path }: Failure): string {
  const { subject, ours, theirs, nix } = comparison;
  return [
    `A difference to Nix ${nix.version} that docs/guide/differences.md does not explain:`,
    `  narkit: ${describeVerdict(ours.verdict)}`,
    `  Nix:    ${describeVerdict(theirs)}`,
    `  traits: ${ours.traits.join(', ') || 'none'}`,
    `  ${subject} of ${input.length} bytes, as base64: ${input.toString('base64')}`,
    ...(subject === 'narinfo' ? [`  as text: ${JSON.stringify(input.toString('latin1'))}`] : []),
    `  again: npm run fuzz -- --seed ${seed} --nix ${nix.version}${subject === 'nar' ? ' --narinfos 0' : ''} (case ${path})`,
  ].join('\n');
}

function describeVerdict(verdict: Verdict): string {
  return verdict.accepted ? `accepts, and reads ${verdict.result}` : `refuses: ${verdict.why}`;
}

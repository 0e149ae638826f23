/**
 * The differences that are meant: docs/guide/differences.md has a row for each, by its id. Any other
 * fails the run.
 */
import { isAtLeast, type NixInstallation } from '../test/support/nix.ts';
import type { Comparison } from './subject.ts';

/** A class of inputs of which narkit makes something else than some versions of Nix. */
export interface Difference {
  /** As in the table of the guide. */
  readonly id: string;
  readonly subject: Comparison['subject'];
  /** Who accepts the input; no class is known of which both read something else. */
  readonly accepts: 'narkit' | 'nix';
  /** The first version of those that were run which differs. @default the oldest */
  readonly since?: string;
  /** The first version after that which agrees with narkit again. @default none does */
  readonly until?: string;
  /** What narkit says when it refuses. @default not looked at */
  readonly ours?: RegExp;
  /** What Nix says when it refuses. @default not looked at */
  readonly theirs?: RegExp;
  /** One of these is a trait of the input. @default not looked at */
  readonly traits?: readonly string[];
}

const nar = { subject: 'nar', accepts: 'nix' } as const;
const narInfo = { subject: 'narinfo', accepts: 'nix' } as const;

/** Every known one; the first that fits explains a difference. */
export const DIFFERENCES: readonly Difference[] = [
  { ...nar, id: 'nar-trailing', ours: /^ERR_NAR_TRAILING/ },
  { ...nar, id: 'nar-depth', until: '2.34.8', ours: /^ERR_NAR_LIMIT: .* lies deeper than/s },
  { ...nar, id: 'nar-name-length', until: '2.26.3', ours: /^ERR_NAR_LIMIT: file name of/ },
  { ...nar, id: 'nar-target-nul', until: '2.34.8', ours: /^ERR_NAR_SYNTAX: symlink .* NUL byte/s },
  { ...nar, id: 'nar-order', until: '2.26.3', ours: /^ERR_NAR_SYNTAX: .* not in archive order/s },
  {
    ...nar,
    id: 'nar-field-order',
    until: '2.26.3',
    ours: /^ERR_NAR_SYNTAX: expected .*, got '(type|contents|execut.*|target|name|node)'$/s,
  },
  { ...nar, id: 'nar-no-contents', until: '2.34.8', ours: /^ERR_NAR_SYNTAX: expected 'contents'/ },
  { ...nar, id: 'nar-field-missing', until: '2.26.3', ours: /^ERR_NAR_SYNTAX: expected .*, got '\)'$/s },

  { ...narInfo, id: 'narinfo-utf-8', traits: ['not UTF-8'] },
  {
    ...narInfo,
    id: 'narinfo-hidden-line',
    traits: ['blank-line', 'no-colon', 'missing-trailing-space'],
    ours: /an empty line|no colon in|no space after the colon/,
  },
  {
    ...narInfo,
    id: 'narinfo-no-space',
    traits: ['no-space', 'odd-space'],
    ours: /no space after the colon/,
  },
  { ...narInfo, id: 'narinfo-size-2-53', traits: ['size-huge'], ours: /no size in bytes/ },
  { ...narInfo, id: 'narinfo-store-path-form', traits: ['store-path-form'], ours: /\(StorePath, / },
  { ...narInfo, id: 'narinfo-path-dash', ours: /'-' must follow the hash part$/ },
  {
    ...narInfo,
    id: 'narinfo-ca-text',
    since: '2.26.3',
    traits: ['ca-text-algorithm'],
    ours: /text is always hashed with/,
  },
  { ...narInfo, id: 'narinfo-name-dots', until: '2.26.3', traits: ['name-dots'], ours: /begins with '\.-'/ },
  { ...narInfo, id: 'narinfo-sig', until: '2.34.8', traits: ['sig-malformed'], ours: /\(Sig, / },
  {
    ...narInfo,
    id: 'narinfo-experimental',
    accepts: 'narkit',
    traits: ['hash-blake3', 'ca-git'],
    theirs: /experimental Nix feature|unknown hash algorithm/,
  },
];

/** Whether that version is one of those that differ. */
export function differs({ since, until }: Difference, nix: NixInstallation): boolean {
  return (since === undefined || isAtLeast(nix, since)) && (until === undefined || !isAtLeast(nix, until));
}

/** The class that explains a difference between the two verdicts. */
export function explain({ ours, theirs, nix, subject }: Comparison): Difference | undefined {
  const { verdict, traits, prefix } = ours;
  if (verdict.accepted && theirs.accepted) return undefined;
  // Nix passes over what follows, but must have read what comes before.
  if (theirs.accepted && prefix !== undefined && theirs.result !== prefix) return undefined;
  return DIFFERENCES.find(
    (difference) =>
      difference.subject === subject &&
      difference.accepts === (verdict.accepted ? 'narkit' : 'nix') &&
      differs(difference, nix) &&
      (verdict.accepted || (difference.ours?.test(verdict.why) ?? true)) &&
      (theirs.accepted || (difference.theirs?.test(theirs.why) ?? true)) &&
      (difference.traits?.some((trait) => traits.includes(trait)) ?? true),
  );
}

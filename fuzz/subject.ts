/** What is compared: two readers of one format, and what each made of an input. */
import type fc from 'fast-check';
import type { StorePath } from '../src/store-path/store-path.ts';
import type { NixInstallation } from '../test/support/nix.ts';

/** What a reader made of an input; equal results mean that both read the same. */
export type Verdict =
  | { readonly accepted: true; readonly result: string }
  | { readonly accepted: false; readonly why: string };

/** narkit's verdict, and what explains a difference to another reader's. */
export interface Ours {
  readonly verdict: Verdict;
  /** What is special about the input, in words of the subject's: codes of errors, quirks. */
  readonly traits: readonly string[];
  /** What narkit reads where more follows than it wants; compared like the result of an accepted input. */
  readonly prefix?: string;
  /** Of which path a narinfo is, where narkit can read it. */
  readonly storePath?: StorePath;
}

/** One version of Nix, kept running. */
export interface Peer {
  readonly nix: NixInstallation;
  /** `undefined` where this version must not be asked. */
  ask(input: Buffer, ours: Ours): Promise<Verdict | undefined>;
  close(): Promise<void>;
}

/** A format. */
export interface Subject {
  readonly name: 'nar' | 'narinfo';
  readonly inputs: fc.Arbitrary<Buffer>;
  ours(input: Buffer): Promise<Ours>;
  /** @param dir an empty directory for whatever it needs; removed by the caller */
  open(nix: NixInstallation, dir: string): Promise<Peer>;
}

/** One input, and what both made of it. */
export interface Comparison {
  readonly subject: Subject['name'];
  readonly ours: Ours;
  readonly theirs: Verdict;
  readonly nix: NixInstallation;
}

export function agree({ ours: { verdict }, theirs }: Comparison): boolean {
  if (!verdict.accepted || !theirs.accepted) return verdict.accepted === theirs.accepted;
  return verdict.result === theirs.result;
}

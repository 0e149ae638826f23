/**
 * What somebody writes who adds a topic to the conformance kit: inputs by hand, and how a Nix is asked
 * about them. `main.ts` asks the old and the new Nix and narkit, and writes the suite.
 *
 * A topic `nar` is `scripts/conformance/nar.ts`, which exports `nar: Topic` and is named in `topics.ts`; narkit's
 * side of it is `src/conformance/operations/nar.ts`, which exports `narOperations: ConformanceOperations` and is
 * named in `src/conformance/narkit.ts`; what comes out is `src/conformance/cases/nar.json`.
 */
import type { ConformanceCase, ConformanceReader, ConformanceVerdict } from '../../src/conformance/suite.ts';
import type { NixWorld } from '../../test/support/nix.ts';

/** A case before anybody was asked. */
export interface Input extends Omit<ConformanceCase, 'verdicts'> {
  /**
   * Verdicts that cannot come from running a program, because none offers the operation or the version does not
   * build it. Each says `by: 'source'` or `by: 'manual'`. Such a Nix is not asked about this input.
   */
  readonly given?: { readonly [reader in Exclude<ConformanceReader, 'narkit'>]?: ConformanceVerdict };
}

/** A suite before anybody was asked. */
export interface Topic {
  /** Such as `nar`. */
  readonly topic: string;
  /** The operations, their inputs and results, for somebody who writes a runner in another language. */
  readonly about: string;
  readonly inputs: readonly Input[];
  /**
   * Asks one Nix about inputs, in as few processes as is possible. Verdicts come in the order of the inputs,
   * `undefined` where the operation means nothing to this Nix. The world is a fresh private store in its own
   * directory, for files too; its logical store directory is not `/nix/store`, unless a command says otherwise.
   * Texts of refusals go through `refusal` (ask.ts), so that they are the same on every machine.
   */
  ask(world: NixWorld, inputs: readonly Input[]): Promise<(ConformanceVerdict | undefined)[]>;
}

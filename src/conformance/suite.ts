/**
 * The shape of the conformance kit: inputs for a format, and what three readers make of each. It is plain
 * JSON, so a library in any language can hold itself to the same cases.
 *
 * @module
 */

/** A reader whose verdict a case records. */
export type ConformanceReader = 'nix-2.8' | 'nix-2.34' | 'narkit';

/** A value of JSON; bytes are base64 in it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Where a verdict comes from: the program was run on this input, or its source or manual says so. */
export type ConformanceAuthority = 'run' | 'source' | 'manual';

/** What a reader makes of an input. */
export type ConformanceVerdict = {
  /** @default 'run' */
  readonly by?: ConformanceAuthority;
} & (
  | {
      /** It is read; this is the result, in the form that the suite's `about` describes. */
      readonly accepts: Json;
    }
  | {
      /** It is refused. For Nix its message (colours and temporary paths taken out), for narkit the error's code. */
      readonly rejects: string;
    }
);

/** One input with its verdicts. */
export interface ConformanceCase {
  /** Unique in the suite, such as `padding-not-zero`. */
  readonly id: string;
  /** What is special about the input. */
  readonly about: string;
  /** The table or list of rules that the case is a row of, such as `reading: strictness`. */
  readonly section: string;
  /** Which operation of the topic gets the input, such as `decode`. */
  readonly operation: string;
  /** The arguments by name. */
  readonly input: { readonly [name: string]: Json };
  /** A reader is left out where the operation means nothing to it. */
  readonly verdicts: { readonly [reader in ConformanceReader]?: ConformanceVerdict };
  /** Why narkit differs from `nix-2.34`; there whenever it does. */
  readonly why?: string;
}

/** All cases of a format. */
export interface ConformanceSuite {
  /** Such as `nar`; the file is `<topic>.json`. */
  readonly topic: string;
  /** The operations, their inputs and results, for somebody who writes a runner in another language. */
  readonly about: string;
  /** The versions that were run, as they name themselves. */
  readonly versions: { readonly [reader in Exclude<ConformanceReader, 'narkit'>]: string };
  readonly cases: readonly ConformanceCase[];
}

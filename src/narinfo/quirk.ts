/**
 * The words of `lintNarInfo`: oddities, readers, verdicts.
 *
 * @module
 */

/**
 * A program that reads narinfos. `nix-2.8` and `nix-2.34` were run (2.8.0 and 2.34.8); `nix` is
 * current Nix as its source has it (2.36); `nix-compat` and `go-nix` are as their sources have it too. No
 * source of `harmonia` was looked at, which serves narinfos.
 */
export type NarInfoConsumer = 'nix' | 'nix-2.34' | 'nix-2.8' | 'nix-compat' | 'go-nix' | 'harmonia';

/**
 * `impaired`: it is read, but not as it stands (a line or a character is lost), or is of no use later;
 * `unknown`: nobody has looked.
 */
export type NarInfoVerdict = 'accepts' | 'impaired' | 'rejects' | 'unknown';

/** The stable name of a kind of oddity. */
export type NarInfoQuirkCode =
  | 'no-final-newline'
  | 'cut-short'
  | 'blank-line'
  | 'no-colon'
  | 'hidden-line'
  | 'no-space'
  | 'odd-space'
  | 'missing-trailing-space'
  | 'crlf'
  | 'unknown-field'
  | 'duplicate-field'
  | 'repeated-field'
  | 'field-order'
  | 'missing-field'
  | 'missing-compression'
  | 'missing-references'
  | 'missing-file-hash'
  | 'missing-file-size'
  | 'store-path-invalid'
  | 'store-path-form'
  | 'other-path'
  | 'name-dots'
  | 'path-dash'
  | 'unknown-compression'
  | 'hash-base16'
  | 'hash-base64'
  | 'hash-sri'
  | 'hash-not-sha256'
  | 'hash-blake3'
  | 'hash-invalid'
  | 'size-form'
  | 'size-huge'
  | 'size-invalid'
  | 'references-unsorted'
  | 'references-duplicate'
  | 'references-spaces'
  | 'references-invalid'
  | 'unknown-deriver'
  | 'deriver-invalid'
  | 'sig-malformed'
  | 'sig-length'
  | 'sig-form'
  | 'sig-duplicate'
  | 'sig-unsorted'
  | 'ca-empty'
  | 'ca-invalid'
  | 'ca-text-algorithm'
  | 'ca-git';

/** A kind of oddity, and what it means to readers. */
export interface NarInfoQuirkKind {
  readonly message: string;
  readonly verdicts: Readonly<Record<NarInfoConsumer, NarInfoVerdict>>;
}

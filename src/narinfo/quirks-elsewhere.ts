/**
 * What readers other than Nix make of oddities, as their sources have it: nix-compat's `NarInfo::parse`
 * (tvix, 2025) and go-nix's `narinfo.Parse` (2026). They were read, not run.
 *
 * @module
 */
import type { NarInfoQuirkCode, NarInfoVerdict } from './quirk.ts';

type Elsewhere = Partial<Record<'nix-compat' | 'go-nix', NarInfoVerdict>>;

const neither: Elsewhere = { 'nix-compat': 'rejects', 'go-nix': 'rejects' };
const both: Elsewhere = { 'nix-compat': 'accepts', 'go-nix': 'accepts' };
/** go-nix keeps the text, nix-compat reads it. */
const onlyGo: Elsewhere = { 'nix-compat': 'rejects', 'go-nix': 'accepts' };

/** A reader that is left out of a row: it does one or the other, or nobody has looked. */
export const ELSEWHERE: Readonly<Partial<Record<NarInfoQuirkCode, Elsewhere>>> = {
  'no-final-newline': both,
  'cut-short': neither,
  'blank-line': onlyGo,
  'no-colon': neither,
  'hidden-line': both,
  'no-space': neither,
  'odd-space': neither,
  'missing-trailing-space': neither,
  crlf: both,
  'unknown-field': { 'nix-compat': 'accepts', 'go-nix': 'rejects' },
  'duplicate-field': onlyGo,
  'repeated-field': onlyGo,
  'field-order': both,
  'missing-references': onlyGo,
  'missing-file-hash': both,
  'missing-file-size': both,
  'store-path-invalid': { 'nix-compat': 'rejects' },
  'store-path-form': { 'nix-compat': 'rejects' },
  'unknown-compression': both,
  'hash-base64': { 'nix-compat': 'rejects' },
  'hash-sri': { 'nix-compat': 'rejects' },
  'hash-blake3': { 'nix-compat': 'rejects' },
  'hash-invalid': { 'nix-compat': 'rejects' },
  'size-form': { 'nix-compat': 'accepts' },
  'size-huge': both,
  'size-invalid': neither,
  'references-unsorted': both,
  'references-duplicate': both,
  'references-spaces': { 'nix-compat': 'rejects', 'go-nix': 'impaired' },
  'references-invalid': { 'nix-compat': 'rejects' },
  'unknown-deriver': onlyGo,
  'deriver-invalid': { 'nix-compat': 'rejects' },
  'sig-malformed': neither,
  'sig-length': neither,
  'sig-form': { 'nix-compat': 'rejects' },
  'sig-duplicate': both,
  'sig-unsorted': both,
  'ca-empty': onlyGo,
  'ca-invalid': onlyGo,
  'ca-text-algorithm': onlyGo,
  'ca-git': onlyGo,
};

/**
 * `NarEntry`: the hub through which every source of a file tree (NAR bytes, a directory on disk)
 * reaches every sink (NAR bytes, disk, a listing).
 *
 * Entries come in archive order: a directory before what it holds, and the members of a directory
 * in strictly ascending bytewise order of their names. The root's path is `''`.
 *
 * @module
 */
import type { ByteSource } from '../bytes/stream.ts';

/** A directory; its members follow. */
export interface NarDirectory {
  readonly type: 'directory';
  /** Names joined by `/`; bytes that are not UTF-8 are the lone surrogates of `decodeName`. */
  readonly path: string;
}

/** A symbolic link; never followed. */
export interface NarSymlink {
  readonly type: 'symlink';
  readonly path: string;
  /** 1 to 4095 bytes without NUL, in the form of `decodeName`. */
  readonly target: string;
}

/** A regular file. */
export interface NarRegular {
  readonly type: 'regular';
  readonly path: string;
  /** Whether the owner may execute it; the only permission a NAR knows. */
  readonly executable: boolean;
  /** Bytes of the content. */
  readonly size: number;
  /** Where the content begins in the NAR, when the entry comes from one. */
  readonly narOffset?: number;
  /**
   * The content, to be read once and before the next entry is asked for. Small files come as one
   * `Uint8Array`, valid until then too: copy what you keep.
   */
  readonly body: ByteSource;
}

/** One node of a file tree. */
export type NarEntry = NarDirectory | NarSymlink | NarRegular;

/** A file tree in archive order. */
export type NarEntries = AsyncIterable<NarEntry> | Iterable<NarEntry>;

/** What the newest Nix allows, on both sides (nar.md section 3). */
export const NAR_LIMITS = {
  /** Bytes of one file name. */
  nameLength: 255,
  /** Bytes of a symlink's target. */
  targetLength: 4095,
  /** Names in a path; the root has none. */
  depth: 63,
} as const;

/**
 * What Nix knows of a store object.
 *
 * @module
 */
import type { Hash } from '../hash/hash.ts';
import type { Signature } from '../signature/signature.ts';
import type { ContentAddress } from '../store-path/content-address.ts';
import type { StorePath } from '../store-path/store-path.ts';

/** Metadata of a store object, grouped by how far it can be trusted. */
export interface PathInfo {
  // Authenticated: covered by the fingerprint, and so by every signature.
  readonly storePath: StorePath;
  /** Of the uncompressed NAR; SHA-256 in practice. */
  readonly narHash: Hash;
  /** Bytes of the uncompressed NAR. */
  readonly narSize: number;
  /** What the object refers to, itself included where it does; sorted, each once. */
  readonly references: readonly StorePath[];

  // Authenticity: why to believe the above.
  readonly signatures: readonly Signature[];
  readonly ca?: ContentAddress;

  // Hearsay.
  readonly deriver?: StorePath;
}

/** Metadata of a store object in a binary cache: a `.narinfo`. */
export interface NarInfo extends PathInfo {
  // Specific to the cache, authenticated by nothing but the NAR hash of what is behind it.
  /** Where the NAR is, relative to the cache's root, or absolute. */
  readonly url: string;
  /** Nix's name of the compression; it decides, not the ending of the URL. */
  readonly compression: string;
  /** Of the object at `url`, compressed as it is. Nix never checks it. */
  readonly fileHash?: Hash;
  /** Bytes of the object at `url`. */
  readonly fileSize?: number;
}

/** References sorted and each once, as fingerprints and narinfos have them; mostly they are so already. */
export function sortedReferences(references: readonly StorePath[]): readonly StorePath[] {
  for (let i = 1; i < references.length; i++) {
    if ((references[i - 1] as StorePath) >= (references[i] as StorePath))
      return [...new Set(references)].sort();
  }
  return references;
}

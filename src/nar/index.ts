/**
 * NAR, the Nix archive: reading, writing, listing file trees as streams of entries.
 *
 * @module
 */

export type { NarDirectory, NarEntries, NarEntry, NarRegular, NarSymlink } from './entry.ts';
export { NAR_LIMITS } from './entry.ts';
export type { ExportedObject, ExportInfo, ExportObject, ReadExportOptions } from './export.ts';
export { readExport } from './export.ts';
export { filterEntries } from './filter.ts';
export { type GitHashOptions, gitHash } from './git-hash.ts';
export type { NarLimits } from './limits.ts';
export type { NarListing, NarListingNode, PrintNarListingOptions } from './listing.ts';
export { narListing, printNarListing } from './listing.ts';
export { compareNames, decodeName, encodeName } from './name.ts';
export type {
  NarArchive,
  NarEntriesOptions,
  NarReadBytesOptions,
  NarReadFileOptions,
  NarStat,
} from './nar-archive.ts';
export type { NarRangeReader } from './nar-contents.ts';
export type { OpenNarOptions } from './open-nar.ts';
export { openNar } from './open-nar.ts';
export { parseNarListing } from './parse-listing.ts';
export type { ReadNarOptions } from './read.ts';
export { readNar } from './read.ts';
export type { NarTree, ReadTreeOptions } from './tree.ts';
export { readTree, treeEntries } from './tree.ts';
export type { WriteNarOptions } from './write.ts';
export { writeNar } from './write.ts';
export type { WriteExportOptions } from './write-export.ts';
export { writeExport } from './write-export.ts';

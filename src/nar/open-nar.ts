/**
 * Random access into a NAR.
 *
 * @module
 */
import { checkOptions } from '../options.ts';
import type { NarListing } from './listing.ts';
import { NarArchive } from './nar-archive.ts';
import type { NarRangeReader } from './nar-contents.ts';

/** Options of {@link openNar}. */
export interface OpenNarOptions {
  /**
   * Bytes of the NAR, as its narinfo says: offsets beyond are refused before anything is asked for.
   * @default not known
   */
  narSize?: number;
}

/**
 * Opens a NAR by its listing, to read single files without the rest: one range request for each.
 *
 * **Nothing read this way is covered by the NAR hash, and so by no signature**: that takes the whole
 * NAR, and nothing signs a listing. What is checked is that contents of the listed size begin
 * where the listing says. To be sure of the contents, have the whole NAR checked, or the source trusted.
 *
 * @param listing as `parseNarListing` or `narListing` return it
 * @param range reads the *uncompressed* NAR; see {@link NarRangeReader}
 * @throws RangeError for a `narSize` that is none.
 *
 * @example
 * ```ts
 * import { collect } from 'narkit';
 * import { narListing, openNar, readNar, writeNar } from 'narkit/nar';
 *
 * const body = new TextEncoder().encode('hello\n');
 * const nar = await collect(
 *   writeNar([
 *     { type: 'directory', path: '' },
 *     { type: 'regular', path: 'greeting', executable: false, size: 6, body },
 *   ]),
 * );
 * const listing = await narListing(readNar(nar));
 * const archive = openNar(listing, (offset, length) => nar.subarray(offset, offset + length));
 * console.log(archive.stat('greeting')); // { type: 'regular', executable: false, size: 6 }
 * console.log(await new Response(archive.readFile('greeting')).text()); // hello
 * console.log(archive.stat('farewell')); // undefined
 * ```
 */
export function openNar(
  listing: NarListing,
  range: NarRangeReader,
  options: OpenNarOptions = {},
): NarArchive {
  checkOptions('openNar', options, ['narSize']);
  const { narSize } = options;
  if (narSize !== undefined && (!Number.isSafeInteger(narSize) || narSize < 0)) {
    throw new RangeError(`openNar: narSize ${narSize} is not an integer from 0 to 2^53-1`);
  }
  return new NarArchive(listing.root, range, narSize);
}

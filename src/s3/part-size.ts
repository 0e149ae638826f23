/**
 * How large the parts of a multipart upload are, so that 10,000 of them reach the largest object.
 *
 * @module
 */

const MiB = 1024 ** 2;

/** Most parts of one upload (S3's limit). */
export const MAX_PARTS = 10_000;
/** Smallest part that is not the last one (S3's limit), in bytes. */
export const MIN_PART_SIZE: number = 5 * MiB;
/** Largest part (S3's limit), in bytes. */
export const MAX_PART_SIZE: number = 5 * 1024 * MiB;

/** Parts of equal size before the growth begins. */
const LEVEL_PARTS = 1000;
/** Parts in which the size doubles afterwards. */
const DOUBLING_PARTS = 900;

/**
 * Size in bytes of part `number` (from 1) when the first has `base` bytes.
 *
 * With a known `size` all parts are equal: `base`, or what 10,000 parts need. Without, the first
 * 1000 parts are equal (8 GB at the default; some servers want equal parts, so as many as possible
 * are), and then the size doubles every 900 parts, rounded up to whole MiB. So a part is about 1/1300
 * of what was sent before it: memory grows with the size of the object, not with the largest possible one.
 */
export function partSizeAt(number: number, base: number, size?: number): number {
  if (size !== undefined) {
    return Math.min(MAX_PART_SIZE, Math.max(base, roundUp(Math.ceil(size / MAX_PARTS))));
  }
  if (number <= LEVEL_PARTS) return base;
  const grown = base * 2 ** ((number - LEVEL_PARTS) / DOUBLING_PARTS);
  return Math.min(MAX_PART_SIZE, roundUp(grown));
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / MiB) * MiB;
}

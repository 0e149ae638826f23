/**
 * Byte ranges: checked and clipped the same way by every store.
 *
 * @module
 */
import { StoreError } from '../errors.ts';
import type { GetOptions } from './store.ts';

/**
 * Checks the form of a range before anything is asked of a server.
 *
 * @throws RangeError unless both ends are safe integers with `0 <= start <= end`.
 */
export function checkRange(range: GetOptions['range']): void {
  if (range === undefined) return;
  const { start, end = start } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new RangeError(`bad byte range ${start}-${range.end ?? ''}: expected 0 <= start <= end`);
  }
}

/**
 * The bytes of an object of `size` bytes that a (checked) range stands for; an end beyond the last
 * byte is clipped.
 *
 * @throws StoreError `ERR_STORE_FAILED` with status 416, as servers answer, when the range begins
 * beyond the last byte, so always for an empty object.
 */
export function resolveRange(
  range: NonNullable<GetOptions['range']>,
  size: number,
  key: string,
): { start: number; end: number } {
  checkRange(range);
  if (range.start >= size) throw beyondEnd(key, range.start, size);
  return { start: range.start, end: Math.min(range.end ?? size - 1, size - 1) };
}

/** The error for a range that begins beyond the last byte; `size` where it is known. */
export function beyondEnd(key: string, start: number, size: number | undefined): StoreError {
  const has = size === undefined ? 'is shorter' : `has ${size} bytes`;
  return new StoreError('ERR_STORE_FAILED', `object ${key} ${has}: no range can begin at byte ${start}`, {
    operation: 'get',
    key,
    status: 416,
  });
}

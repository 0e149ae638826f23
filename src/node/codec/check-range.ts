/**
 * Numbers among options. Private.
 *
 * @module
 */

/** @throws RangeError unless `value` is an integer from `least` to `most`. */
export function checkRange(
  where: string,
  option: string,
  value: number,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `${least} to ${most}`;
  throw new RangeError(`${where}: ${option} must be an integer, ${range}; got ${value}`);
}

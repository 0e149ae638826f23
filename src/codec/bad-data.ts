/**
 * The one error of compressed input that is not what it claims to be. Private.
 *
 * @module
 */
import { IntegrityError } from '../errors.ts';

/** An `ERR_COMPRESSED_DATA` such as "zstd data is truncated"; `problem` completes "... data is". */
export function badData(name: string, problem: string, cause?: unknown): IntegrityError {
  const detail = cause instanceof Error ? ` (${cause.message})` : '';
  return new IntegrityError('ERR_COMPRESSED_DATA', `${name} data is ${problem}${detail}`, {
    subject: `${name} data`,
    cause,
  });
}

/**
 * What the codes of the file system mean to a `Spool`.
 *
 * @module
 */
import { isNarkitError, NarkitError, type NarkitErrorCode } from '../../errors.ts';
import { systemCode } from '../fs-path.ts';

const MEANINGS: Readonly<Record<string, readonly [NarkitErrorCode, string]>> = {
  ENOSPC: ['ERR_SPOOL_FULL', 'the disk is full: free some space'],
  EDQUOT: ['ERR_SPOOL_FULL', 'the disk quota is used up: free some space'],
  EACCES: ['ERR_SPOOL', 'no permission: run as a user or group that has it'],
  EPERM: ['ERR_SPOOL', 'not permitted: run as a user or group that may'],
  EROFS: ['ERR_SPOOL', 'the file system is read-only: mount it writable'],
  EMLINK: ['ERR_SPOOL', 'this file system allows too few hard links'],
  ENOTSUP: ['ERR_SPOOL', 'this file system has no hard links: choose another directory'],
};

/** The error for one of the file system; any other error unchanged. */
export function spoolError(err: unknown, doing: string, path: string): unknown {
  const code = systemCode(err);
  if (code === undefined || isNarkitError(err)) return err;
  const [kind, hint] = MEANINGS[code] ?? ['ERR_SPOOL', (err as Error).message];
  return new NarkitError(kind, `cannot ${doing} ${path}: ${hint} (${code})`, { cause: err });
}

/** Runs what touches the disk, with errors of the disk made into those of a spool. */
export async function asSpool<T>(doing: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (err) {
    throw spoolError(err, doing, path);
  }
}

/** Whether nothing is there (any more): somebody else was faster. */
export function isGone(err: unknown): boolean {
  return systemCode(err) === 'ENOENT';
}

/** Whether the same call may succeed in a moment: it says nothing about the file. */
export function isTransient(err: unknown): boolean {
  return ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EINTR', 'ESTALE', 'ETIMEDOUT'].includes(
    systemCode(err) ?? '',
  );
}

/**
 * What the codes of the file system mean to a `FileStore`.
 *
 * @module
 */
import { isNarkitError, MissingError, StoreError } from '../errors.ts';

/** The `code` of a system error, such as `ENOENT`. */
export function systemCode(err: unknown): string | undefined {
  return err instanceof Error && 'code' in err && typeof err.code === 'string' ? err.code : undefined;
}

/** Whether there is nothing at that path: a link in a circle or a name too long leads nowhere. */
export function isAbsent(err: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'EISDIR', 'ELOOP'].includes(systemCode(err) ?? '');
}

const HINTS: Readonly<Record<string, string>> = {
  EACCES: 'no permission: run as a user who has it, or change the mode of the directory',
  EPERM: 'not permitted: run as a user who may, or change the mode of the directory',
  EROFS: 'the file system is read-only: mount it writable, or choose another directory',
  ENOSPC: 'the disk is full: free some space',
  EDQUOT: 'the disk quota is used up: free some space',
  EMFILE: 'too many open files: raise the limit (ulimit -n), or do less at once',
  ENFILE: 'too many open files on this machine: do less at once',
  ENOTDIR: 'a part of the path is a file: no object can lie below another',
  EISDIR: 'there is a directory of that name: no object can take its place',
  EEXIST: 'a part of the path is a file: no object can lie below another',
  ENAMETOOLONG: 'a part of the name is longer than the file system allows',
};

const DENIED = ['EACCES', 'EPERM', 'EROFS'];
const BUSY = ['EMFILE', 'ENFILE', 'EAGAIN', 'EBUSY', 'ESTALE', 'ETIMEDOUT'];

/** The `StoreError` for a system error; any other error unchanged. */
export function fileError(
  err: unknown,
  operation: StoreError['operation'],
  path: string,
  key?: string,
): unknown {
  const code = systemCode(err);
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code) || isNarkitError(err)) return err;
  const kind = DENIED.includes(code)
    ? 'ERR_STORE_DENIED'
    : BUSY.includes(code)
      ? 'ERR_STORE_UNAVAILABLE'
      : 'ERR_STORE_FAILED';
  const text = `cannot ${operation} ${path}: ${HINTS[code] ?? (err as Error).message} (${code})`;
  return new StoreError(kind, text, { operation, key, cause: err });
}

/** The error for a directory of a store that does not exist. */
export function missingDirectory(directory: string): MissingError {
  return new MissingError('ERR_MISSING_CONTAINER', `there is no directory ${directory}: create it first`, {
    subject: directory,
  });
}

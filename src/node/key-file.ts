/**
 * Key files on disk: read with care, written atomically, never overwritten.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { link, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fromUtf8 } from '../bytes/bytes.ts';
import { NarError, ParseError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import type { PublicKey, SecretKey } from '../signature/key.ts';
import {
  parsePublicKey,
  parseSecretKey,
  printPublicKey,
  printSecretKey,
  toPublicKey,
} from '../signature/key.ts';
import { type KeyFileProblem, keyFileProblems } from './key-file-problems.ts';
import { readSmallFile, type SmallFile } from './small-file.ts';

/** Options of {@link readSecretKeyFile}. */
export interface ReadSecretKeyFileOptions {
  /**
   * Told of everything about the file that lets others read or replace the key. It is read
   * all the same, as Nix does; throw to refuse it. @default nobody is told
   */
  onProblem?: (problem: KeyFileProblem) => void;
}

/** More than any key file has; what is larger is something else. */
const MAX_SIZE = 65_536;

/**
 * Reads a secret key file, as `secret-key-files` in nix.conf names them.
 *
 * @throws NarError `ERR_FILE_IO` when it cannot be read; ParseError `ERR_PARSE_KEY`, naming the
 *   file and never showing its text.
 *
 * @example
 * ```ts no-run
 * import { readSecretKeyFile } from 'narkit/node';
 * import { createSigner } from 'narkit/signature';
 *
 * const key = await readSecretKeyFile('/etc/nix/key.private', {
 *   onProblem: ({ message }) => console.warn(message),
 * });
 * const signer = createSigner(key);
 * ```
 */
export async function readSecretKeyFile(
  path: string,
  options: ReadSecretKeyFileOptions = {},
): Promise<SecretKey> {
  checkOptions('readSecretKeyFile', options, ['onProblem']);
  return await readKeyFile(path, (text, stats) => {
    const key = parseSecretKey(text);
    for (const problem of keyFileProblems(path, stats)) options.onProblem?.(problem);
    return key;
  });
}

/** Reads a public key file. Errors as {@link readSecretKeyFile}. */
export async function readPublicKeyFile(path: string): Promise<PublicKey> {
  return await readKeyFile(path, parsePublicKey);
}

/**
 * Writes a secret key (mode 0600) and its public half (mode 0644), without a final newline, as
 * `nix-store --generate-binary-cache-key` does; but each file appears complete or not at all, and
 * an existing one is never overwritten.
 *
 * @throws NarError `ERR_FILE_EXISTS`, `ERR_FILE_IO`
 *
 * @example
 * ```ts no-run
 * import { writeKeyFiles } from 'narkit/node';
 * import { generateSecretKey } from 'narkit/signature';
 *
 * await writeKeyFiles(generateSecretKey('cache.example.org-1'), '/etc/nix/key.private', '/etc/nix/key.public');
 * ```
 */
export async function writeKeyFiles(key: SecretKey, secretPath: string, publicPath: string): Promise<void> {
  await writeNew(secretPath, printSecretKey(key), 0o600);
  try {
    await writeNew(publicPath, printPublicKey(toPublicKey(key)), 0o644);
  } catch (error) {
    // Half a pair helps nobody, and would be in the way of the next try.
    await unlink(secretPath);
    throw error;
  }
}

async function readKeyFile<T>(path: string, parse: (text: string, stats: Stats) => T): Promise<T> {
  let file: SmallFile;
  try {
    file = await readSmallFile(path, MAX_SIZE);
  } catch (cause) {
    throw new NarError('ERR_FILE_IO', `cannot read key file '${path}': ${(cause as Error).message}`, {
      path,
      cause,
    });
  }
  if (file.bytes === undefined) throw notKey(path, `it is larger than ${MAX_SIZE} bytes`);
  const text = fromUtf8(file.bytes);
  if (text === undefined) throw notKey(path, 'it is not UTF-8');
  if (text.trim() === '') throw notKey(path, 'it is empty');
  try {
    return parse(text, file.stats);
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    throw notKey(path, cause.message, cause);
  }
}

function notKey(path: string, why: string, cause?: unknown): ParseError {
  return new ParseError('ERR_PARSE_KEY', `key file '${path}': ${why}`, { field: path, cause });
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.chmod(mode); // whatever the umask says
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    try {
      await link(temporary, path); // fails where the name exists, unlike rename
    } finally {
      await unlink(temporary);
    }
    const directory = await open(dirname(path), 'r');
    await directory.sync().finally(() => directory.close());
  } catch (cause) {
    if ((cause as { code?: string }).code === 'EEXIST') {
      throw new NarError('ERR_FILE_EXISTS', `key file '${path}' exists already; it is not overwritten`, {
        path,
        cause,
      });
    }
    throw new NarError('ERR_FILE_IO', `cannot write key file '${path}': ${(cause as Error).message}`, {
      path,
      cause,
    });
  }
}

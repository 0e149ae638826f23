/**
 * Key files on disk: read with care, written atomically, never overwritten.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { link, open, readFile, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NarError, ParseError } from '../errors.ts';
import type { PublicKey, SecretKey } from '../signature/key.ts';
import {
  parsePublicKey,
  parseSecretKey,
  printPublicKey,
  printSecretKey,
  toPublicKey,
} from '../signature/key.ts';

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
 * const signer = createSigner(await readSecretKeyFile('/etc/nix/key.private'));
 * ```
 */
export async function readSecretKeyFile(path: string): Promise<SecretKey> {
  return await readKeyFile(path, parseSecretKey);
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

async function readKeyFile<T>(path: string, parse: (text: string) => T): Promise<T> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new NarError('ERR_FILE_IO', `cannot read key file '${path}': ${(cause as Error).message}`, {
      path,
      cause,
    });
  }
  try {
    return parse(text);
  } catch (cause) {
    throw new ParseError('ERR_PARSE_KEY', `key file '${path}': ${(cause as Error).message}`, {
      field: path,
      cause,
    });
  }
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

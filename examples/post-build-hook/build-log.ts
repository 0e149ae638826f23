/**
 * The log of a build, as Nix keeps it on disk.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Decoder } from 'narkit/codec';
import { bzip2, xz, zstd } from 'narkit/node';
import type { StorePath } from 'narkit/store-path';

const ENDINGS: readonly (readonly [string, Decoder | undefined])[] = [
  ['.bz2', bzip2],
  ['', undefined],
  ['.zst', zstd],
  ['.xz', xz],
];

/**
 * Opens the log of a derivation, decompressed; `undefined` where there is none, as for what was built on
 * another machine or not at all.
 *
 * @param env where `NIX_LOG_DIR` says where Nix keeps logs
 */
export async function openBuildLog(
  drvPath: StorePath,
  env: Readonly<Record<string, string | undefined>>,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const logDir = env['NIX_LOG_DIR'] || '/nix/var/log/nix';
  const file = join(logDir, 'drvs', drvPath.slice(0, 2), drvPath.slice(2));
  for (const [ending, decoder] of ENDINGS) {
    try {
      await (await open(`${file}${ending}`)).close();
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') continue;
      throw error;
    }
    const bytes: AsyncIterable<Uint8Array> = createReadStream(`${file}${ending}`);
    return decoder === undefined ? bytes : decoder.decompress(bytes);
  }
  return undefined;
}

/**
 * Reads of files that should be small, bounded whatever they are. Private.
 *
 * @module
 */
import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';

/** What a bounded read found. */
export interface SmallFile {
  /** `undefined` when the file is larger than the limit. */
  readonly bytes: Uint8Array | undefined;
  /** Of the very file that was read, whatever its name leads to by now. */
  readonly stats: Stats;
}

/**
 * Reads at most `limit` bytes; follows links, takes pipes too.
 *
 * @throws what the system says, such as `ENOENT`
 */
export async function readSmallFile(path: string | Buffer, limit: number): Promise<SmallFile> {
  const file = await open(path, 'r');
  try {
    const stats = await file.stat();
    const chunks: Buffer[] = [];
    let length = 0;
    while (length <= limit) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(16_384), 0, 16_384, null);
      if (bytesRead === 0) return { bytes: Buffer.concat(chunks), stats };
      chunks.push(buffer.subarray(0, bytesRead));
      length += bytesRead;
    }
    return { bytes: undefined, stats };
  } finally {
    await file.close();
  }
}

/**
 * The bytes of a file, through one buffer: each chunk is valid until the next is asked for, which is all
 * that `readNar` needs.
 */
import { closeSync, openSync, readSync } from 'node:fs';

export function* chunksOf(path: string): Generator<Uint8Array> {
  const fd = openSync(path, 'r');
  try {
    const buffer = new Uint8Array(256 * 1024);
    for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer))
      yield buffer.subarray(0, count);
  } finally {
    closeSync(fd);
  }
}

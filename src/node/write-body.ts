/**
 * Writing the body of a large file.
 *
 * @module
 */
import { write } from 'node:fs';
import { promisify } from 'node:util';
import { cutOff } from '../bytes/cut-off.ts';
import { toAsyncIterable } from '../bytes/stream.ts';
import { NarError } from '../errors.ts';
import type { NarRegular } from '../nar/entry.ts';
import { printable } from './fs-path.ts';

const writeSome = promisify(write);

/** Some systems write no more than 2 GiB in one call. */
const MOST = 2 ** 30;

/**
 * Writes the body of `entry` to an open file, asking for a chunk when the one before is written.
 *
 * @throws NarError `ERR_NAR_SYNTAX` where it has more or fewer bytes than the entry says; the
 *   signal's reason; the error of `node:fs`.
 */
export async function writeBody(
  fd: number,
  entry: NarRegular,
  signal: AbortSignal | undefined,
): Promise<void> {
  const body = toAsyncIterable(entry.body);
  let length = 0;
  for await (const chunk of signal === undefined ? body : cutOff(body, signal)) {
    length += chunk.length;
    if (length > entry.size) break;
    for (let at = 0; at < chunk.length; ) {
      at += (await writeSome(fd, chunk, at, Math.min(chunk.length - at, MOST))).bytesWritten;
    }
  }
  if (length === entry.size) return;
  throw new NarError(
    'ERR_NAR_SYNTAX',
    `the body of '${printable(entry.path)}' has ${length > entry.size ? 'more than' : 'only'} ${Math.min(length, entry.size)} bytes; its entry says ${entry.size}`,
    { path: entry.path },
  );
}

/** What the tests of `restorePath` share. */
import assert from 'node:assert/strict';
import { lstatSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { NarError } from 'narkit';
import { type NarEntries, type NarEntry, writeNar } from 'narkit/nar';
import { dumpPath, type RestoreOptions, restorePath } from 'narkit/node';

export const root: NarEntry = { type: 'directory', path: '' };

export function regular(path: string, content = 'content', executable = false): NarEntry {
  const body = Buffer.from(content);
  return { type: 'regular', path, executable, size: body.length, body };
}

export function symlink(path: string, target = 'target'): NarEntry {
  return { type: 'symlink', path, target };
}

/** Fails with the code, leaves nothing behind but what was there. */
export async function refused(
  entries: NarEntries,
  destination: string,
  code: string,
  message: RegExp,
  options?: RestoreOptions,
): Promise<void> {
  await assert.rejects(restorePath(entries, destination, options), (err) => {
    assert.ok(err instanceof NarError, String(err));
    assert.equal(err.code, code, err.message);
    assert.match(err.message, message);
    return true;
  });
  nothingHidden(destination);
}

/** No temporary name is left beside the destination. */
export function nothingHidden(destination: string): void {
  assert.deepEqual(
    readdirSync(dirname(destination)).filter((name) => name.endsWith('.tmp')),
    [],
  );
}

export function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

export async function narOf(path: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeNar(dumpPath(path))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

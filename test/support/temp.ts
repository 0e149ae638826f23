/**
 * Temporary directories that go away with the test.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new directory, removed after the test (or suite), read-only store paths in it included. */
export async function tempDir(t: { after(work: () => void): void }): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'narkit-test-'));
  t.after(() => {
    execFileSync('chmod', ['-R', 'u+w', dir]);
    execFileSync('rm', ['-rf', dir]);
  });
  return dir;
}

/** An archive to disk by a real Nix. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { NixWorld, Outcome } from '../../test/support/nix.ts';

/** Runs `nix-store --restore`, which need not read its input to the end. */
export async function restore(
  world: NixWorld,
  nar: Buffer,
  place: string,
  settings: readonly string[] = [],
): Promise<Omit<Outcome, 'stdout'>> {
  const child = spawn(join(world.nix.binDir, 'nix-store'), ['--restore', place, ...settings], {
    env: world.env,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('latin1').on('data', (text) => {
    stderr += text;
  });
  child.stdin.on('error', () => undefined); // a broken pipe
  child.stdin.end(nar);
  const code = await new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? -1)));
  return { code, stderr };
}

/**
 * Disk to NAR to SHA-256: how long does it take to know the hash of a path?
 */
import { join } from 'node:path';
import type { NixInstallation } from '../test/support/nix.ts';
import { compare, ourProgram, type Row } from './compare.ts';

/** Our dump and hash of `path` against `nix hash path`, both with warm caches. */
export async function benchHash(nix: NixInstallation, work: string, path: string): Promise<Row> {
  const argv = [
    join(nix.binDir, 'nix'),
    '--extra-experimental-features',
    'nix-command',
    'hash',
    'path',
    path,
  ];
  return await compare(
    work,
    { name: 'narkit', argv: ourProgram('hash', path) },
    { name: `nix ${nix.version} hash path`, argv },
    { target: 1, runs: 7 },
  );
}

/**
 * A private Nix store (`local?root=`) with `/nix/store` as its name, for all versions of Nix.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { NixInstallation } from '../test/support/nix.ts';

const run = promisify(execFile);

export class ChrootStore {
  readonly dir: string;
  /** What `--store`, `--from` and `--to` take. */
  readonly url: string;
  /** Directory that holds the paths. */
  readonly realStoreDir: string;
  readonly env: NodeJS.ProcessEnv;

  constructor(dir: string) {
    this.dir = dir;
    this.url = `local?root=${dir}`;
    this.realStoreDir = join(dir, 'nix/store');
    mkdirSync(join(dir, 'conf'), { recursive: true });
    const settings = [
      'sandbox = false',
      'build-users-group =',
      'substituters =',
      'experimental-features = nix-command',
    ];
    writeFileSync(join(dir, 'conf/nix.conf'), settings.map((line) => `${line}\n`).join(''));
    this.env = { ...process.env, NIX_CONF_DIR: join(dir, 'conf'), HOME: dir, NIX_REMOTE: '' };
  }

  async run(nix: NixInstallation, program: string, ...args: string[]): Promise<string> {
    const options = { env: this.env, cwd: this.dir, maxBuffer: 2 ** 28 };
    return (await run(join(nix.binDir, program), args, options)).stdout.trim();
  }

  /** Adds a tree; returns its store path. */
  async add(nix: NixInstallation, path: string): Promise<string> {
    return await this.run(nix, 'nix-store', '--add', path, '--store', this.url);
  }

  /** Adds `count` files of some hundred bytes, each of which refers to ten others; returns the one that needs all. */
  async addMany(nix: NixInstallation, count: number): Promise<string> {
    const children = `(builtins.genList (k: node (n * 10 + k + 1)) (if n * 10 + 10 < ${count} then 10 else if n * 10 + 1 < ${count} then ${count} - n * 10 - 1 else 0))`;
    const node = `n: builtins.toFile "node-\${toString n}" "\${toString n} of ${count}: \${toString ${children}}\\n"`;
    const expression = `let node = ${node}; in node 0`;
    const args = ['--eval', '--read-write-mode', '--store', this.url, '--expr', expression];
    return JSON.parse(await this.run(nix, 'nix-instantiate', ...args));
  }
}

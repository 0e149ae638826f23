/**
 * Real Nix for tests: which versions there are, and private stores that touch nothing of the machine.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { env } from 'node:process';

/** A Nix that can be run. */
export interface NixInstallation {
  /** Directory of `nix`, `nix-store`, `nix-build`. */
  readonly binDir: string;
  /** Such as `2.8.0`. */
  readonly version: string;
}

/** The Nix in PATH, and those in the directories that NARKIT_NIX_BINS lists, oldest first. */
export function nixInstallations(): NixInstallation[] {
  const directories = [
    ...(env['NARKIT_NIX_BINS'] ?? '').split(delimiter),
    ...(env['PATH'] ?? '').split(delimiter),
  ];
  const found = new Map<string, NixInstallation>();
  for (const binDir of directories) {
    if (binDir === '' || !existsSync(join(binDir, 'nix'))) continue;
    const version = /(\d+(\.\d+)+)/.exec(
      execFileSync(join(binDir, 'nix'), ['--version'], { encoding: 'utf8' }),
    )?.[1];
    if (version !== undefined && !found.has(version)) found.set(version, { binDir, version });
  }
  return [...found.values()].sort((a, b) => (isAtLeast(a, b.version) ? 1 : -1));
}

export function isAtLeast(nix: NixInstallation, version: string): boolean {
  const [a, b] = [nix.version, version].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (const [i, part] of b.entries()) {
    if ((a[i] ?? 0) !== part) return (a[i] ?? 0) > part;
  }
  return true;
}

/** What a program left behind. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A private Nix store below one directory, for one version of Nix. */
export class NixWorld {
  readonly nix: NixInstallation;
  readonly dir: string;
  readonly storeDir: string;
  readonly env: NodeJS.ProcessEnv;

  private constructor(nix: NixInstallation, dir: string) {
    this.nix = nix;
    this.dir = dir;
    this.storeDir = join(dir, 'store');
    this.env = {
      ...env,
      HOME: join(dir, 'home'),
      NIX_CONF_DIR: join(dir, 'conf'),
      NIX_STORE_DIR: this.storeDir,
      NIX_STATE_DIR: join(dir, 'var'),
      NIX_LOG_DIR: join(dir, 'log'),
      NIX_REMOTE: '',
    };
  }

  static async create(nix: NixInstallation, dir: string): Promise<NixWorld> {
    for (const name of ['conf', 'home', 'store', 'var', 'log'])
      await mkdir(join(dir, name), { recursive: true });
    const world = new NixWorld(nix, dir);
    await world.configure({});
    return world;
  }

  /** Writes nix.conf: what every test needs, and `settings`. */
  async configure(settings: Readonly<Record<string, string>>): Promise<void> {
    const all = {
      sandbox: 'false',
      'build-users-group': '',
      substituters: '',
      'experimental-features': 'nix-command',
      ...settings,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}\n`);
    await writeFile(join(this.dir, 'conf/nix.conf'), lines.join(''));
  }

  /** Runs `nix`, `nix-store`, ...; never throws for an exit status. */
  async try(program: string, args: readonly string[], extra: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    return await new Promise((resolve) => {
      const options = {
        env: { ...this.env, ...extra },
        cwd: this.dir,
        maxBuffer: 1024 ** 3,
        encoding: 'latin1',
      } as const;
      execFile(join(this.nix.binDir, program), args, options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr });
      });
    });
  }

  /** Runs it, and throws with its output unless it succeeds. */
  async run(program: string, args: readonly string[], extra: NodeJS.ProcessEnv = {}): Promise<string> {
    const { code, stdout, stderr } = await this.try(program, args, extra);
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} exited with ${code}:\n${stderr}`);
    return stdout;
  }
}

/**
 * Builds by a real Nix with a queued hook, in a store of their own, perhaps through a daemon.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type NixInstallation, NixWorld } from '../../support/nix.ts';
import { tempDir } from '../../support/temp.ts';
import { Installation, type Variant } from './hook-programs.ts';

/** A fixed output, several outputs with names that shells and URLs misread, and one that needs them. */
const EXPRESSION = `
let
  base = { system = builtins.currentSystem; builder = "/bin/sh"; salt = builtins.getEnv "SALT"; };
  floating = { __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256"; };
in rec {
  fixed = derivation (base // {
    name = "fixed+1.0"; args = [ "-c" "echo fixed > $out" ];
    outputHashMode = "flat"; outputHashAlgo = "sha256";
    outputHash = "0c3071418e6356e614898c84ed064ca95e88551bc0811b534bdf1952ecdae534";
  });
  many = derivation (base // {
    name = "odd?name=1"; outputs = [ "out" "dev" "lib" ];
    args = [ "-c" "echo $salt > $out; echo $out > $dev; echo lib > $lib" ];
  });
  top = derivation (base // { name = "top"; inherit many; args = [ "-c" "echo $many $salt > $out" ]; });
  floating1 = derivation (base // floating // {
    name = "floating?1"; outputs = [ "out" "dev" ]; args = [ "-c" "echo $salt > $out; echo dev > $dev" ];
  });
  floating2 = derivation (base // floating // {
    name = "floating2"; needs = floating1; args = [ "-c" "echo $needs > $out" ];
  });
}`;

/** A world, its hook, and how its builds go. */
export class Builder {
  readonly world: NixWorld;
  readonly at: Installation;
  #env: NodeJS.ProcessEnv = { SALT: `${process.pid} ${performance.now()}` };
  #daemon: ChildProcess | undefined;

  private constructor(world: NixWorld, built: string) {
    this.world = world;
    this.at = new Installation(world.dir, built, join(world.dir, 'var/gcroots/nix-upload'));
  }

  static async create(
    t: TestContext,
    nix: NixInstallation,
    variant: Variant,
    built: string,
  ): Promise<Builder> {
    const builder = new Builder(await NixWorld.create(nix, await tempDir(t)), built);
    const { world, at } = builder;
    await at.addTarget('first');
    await at.addTarget('second');
    await world.configure({
      'post-build-hook': at.program(variant),
      'experimental-features': 'nix-command ca-derivations',
    });
    await writeFile(join(world.dir, 'test.nix'), EXPRESSION);
    return builder;
  }

  /** Through a daemon from here on. Its stdin is never written to nor closed; `env` is its environment. */
  async startDaemon(env: NodeJS.ProcessEnv = {}): Promise<void> {
    const { world } = this;
    // The world's own directory may be too deep for the name of a socket.
    const socket = join(world.dir, 's');
    this.#daemon = spawn(join(world.nix.binDir, 'nix-daemon'), [], {
      env: {
        ...world.env,
        PATH: `${world.nix.binDir}:${world.env['PATH']}`,
        ...env,
        NIX_DAEMON_SOCKET_PATH: socket,
      },
      cwd: '/',
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    for (let i = 0; i < 200 && !existsSync(socket); i++) await sleep(25);
    this.#env = { ...this.#env, NIX_REMOTE: `unix://${socket}` };
  }

  /** What a client needs besides the environment of the world. */
  get clientEnv(): NodeJS.ProcessEnv {
    return this.#env;
  }

  /** @returns the paths that were asked for. */
  async build(attributes: readonly string[], ...more: string[]): Promise<string[]> {
    const wanted = attributes.flatMap((attribute) => ['-A', attribute]);
    const args = ['--no-out-link', 'test.nix', ...wanted, ...more];
    const { code, stdout, stderr } = await this.world.try('nix-build', args, this.#env);
    assert.equal(code, 0, stderr);
    assert.ok(!stderr.includes('enqueue-upload:'), stderr);
    return stdout.trim().split('\n');
  }

  /** Every output of these, sorted, from the files of the derivations. */
  async outputsOf(...attributes: string[]): Promise<string[]> {
    const args = ['test.nix', ...attributes.flatMap((attribute) => ['-A', attribute])];
    const drvs = (await this.world.run('nix-instantiate', args, this.#env)).trim().split('\n');
    return (await this.world.run('nix-store', ['--query', '--outputs', ...drvs])).trim().split('\n').sort();
  }

  async assertQueued(paths: readonly string[]): Promise<void> {
    const sorted = [...paths].sort();
    for (const target of ['first', 'second']) {
      assert.deepEqual(await this.at.keys(target), sorted);
      assert.deepEqual(this.at.roots(target), sorted);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    if (daemon === undefined || daemon.exitCode !== null) return;
    daemon.kill();
    await once(daemon, 'exit');
  }
}

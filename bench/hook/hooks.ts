/**
 * The hooks that are compared, installed in a world of their own.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { Spool } from 'narkit/node';
import type { NixWorld } from '../../test/support/nix.ts';

/** In the order of the table. `waits` for the cache, and so fails with it. */
export const HOOKS = [
  { name: "the manual's `nix copy`", program: 'nix-copy.sh', waits: true },
  { name: '`upload-to-cache`', program: 'upload-to-cache', waits: true },
  { name: '`enqueue-upload`', program: 'enqueue-upload', waits: false },
  { name: '`enqueue-upload.sh`', program: 'enqueue-upload.sh', waits: false },
] as const;

/** Builds and writes all programs and their settings. @param capSeconds After which those that wait are stopped. */
export async function installHooks(world: NixWorld, cache: string, capSeconds: number): Promise<void> {
  const root = join(import.meta.dirname, '../..');
  execFileSync(execPath, ['scripts/build-hook.ts', '--node', execPath, '--out-dir', world.dir], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const write = (name: string, ...lines: string[]): void =>
    writeFileSync(join(world.dir, name), `${lines.join('\n')}\n`, { mode: 0o755 });
  const copy = `exec timeout ${capSeconds} ${world.nix.binDir}/nix copy --to ${cache} $OUT_PATHS`;
  write('nix-copy.sh', '#!/bin/sh', 'set -f', "IFS=' '", copy);
  const target = [`cache = ${cache}`, 'allow-unsigned = true', `nix-bin-dir = ${world.nix.binDir}`];
  write('upload-to-cache.conf', ...target, `timeout = ${capSeconds}`);
  const [queue, roots] = [join(world.dir, 'queue'), join(world.dir, 'var/gcroots/nix-upload')];
  const places = [`queue-dir = ${queue}`, `gc-roots-dir = ${roots}`];
  write('enqueue-upload.conf', ...places);
  // Soon again, for the time that it takes is waited for.
  const service = [`store-dir = ${world.storeDir}`, 'retry-min = 1s', 'retry-max = 2s'];
  write('upload-queue.conf', ...places, ...target, ...service);
  mkdirSync(join(roots, 'cache'), { recursive: true });
  await (await Spool.open(join(queue, 'cache'), { group: true })).close();
}

/** The service that takes from the queue. */
export class Service {
  readonly #child: ChildProcess;

  constructor(world: NixWorld) {
    const args = ['--config', join(world.dir, 'upload-queue.conf'), 'serve'];
    this.#child = spawn(join(world.dir, 'upload-queue'), args, {
      env: world.env,
      stdio: ['ignore', 'ignore', process.env['BENCH_VERBOSE'] === undefined ? 'ignore' : 'inherit'],
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill();
    await once(this.#child, 'exit');
  }
}

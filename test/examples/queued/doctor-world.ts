/**
 * A set-up in which the doctor finds nothing wrong, to be broken in one place at a time.
 */
import assert from 'node:assert/strict';
import { chmod, mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getegid, geteuid } from 'node:process';
import type { TestContext } from 'node:test';
import { Spool, writeKeyFiles } from 'narkit/node';
import { generateSecretKey, printPublicKey, toPublicKey } from 'narkit/signature';
import { readConfig } from '../../../examples/post-build-hook/config.ts';
import {
  type DoctorOptions,
  type Finding,
  runDoctor,
} from '../../../examples/post-build-hook/queued/doctor/doctor.ts';
import { tempDir } from '../../support/temp.ts';

const me = { name: 'me', uid: geteuid?.() ?? 0, gid: getegid?.() ?? 0 };
export const asRoot = me.uid === 0;
/** Somebody else, whom root can become. */
export const nobody = { name: 'nobody', uid: 65_534, gid: 65_534 };

export class World {
  readonly dir: string;
  readonly env: Record<string, string>;
  /** Of nix.conf. */
  nixConf: string;
  /** Of upload-queue.conf. */
  conf: string;
  readonly publicKey: string;
  readonly hook: string;
  readonly cache: string;
  readonly queue: string;
  readonly roots: string;
  readonly key: string;

  private constructor(dir: string, publicKey: string) {
    this.dir = dir;
    this.publicKey = publicKey;
    this.hook = join(dir, 'etc/enqueue-upload');
    this.cache = join(dir, 'cache');
    this.queue = join(dir, 'spool');
    this.roots = join(dir, 'var/gcroots/nix-upload');
    this.key = join(dir, 'key.private');
    this.env = {
      NIX_CONF_DIR: join(dir, 'etc'),
      NIX_USER_CONF_FILES: '',
      NIX_STATE_DIR: join(dir, 'var'),
      NIX_STORE_DIR: '/nix/store',
      PATH: join(dir, 'bin'),
    };
    this.nixConf = [
      `post-build-hook = ${this.hook}`,
      `extra-substituters = file://${this.cache}`,
      `extra-trusted-public-keys = ${publicKey}`,
      '',
    ].join('\n');
    this.conf = [
      `queue-dir = ${this.queue}`,
      `gc-roots-dir = ${this.roots}`,
      `nix-bin-dir = ${dir}/bin`,
      '[main]',
      `cache = file://${this.cache}`,
      `secret-key-files = ${this.key}`,
      '',
    ].join('\n');
  }

  static async create(t: TestContext): Promise<World> {
    const dir = await tempDir(t);
    await chmod(dir, 0o755);
    const key = generateSecretKey('doctor-1');
    const world = new World(dir, printPublicKey(toPublicKey(key)));
    for (const path of ['etc', 'bin', 'cache', 'spool', 'var/gcroots/nix-upload/main', 'proc/77'])
      await mkdir(join(dir, path), { recursive: true });
    await writeKeyFiles(key, world.key, `${world.key}.public`);
    await world.node('v22.15.0');
    await writeFile(world.hook, `#!${dir}/bin/node\n`, { mode: 0o755 });
    await writeFile(
      join(dir, 'etc/enqueue-upload.conf'),
      `queue-dir = ${world.queue}\ngc-roots-dir = ${world.roots}\n`,
    );
    await writeFile(join(world.cache, 'nix-cache-info'), 'StoreDir: /nix/store\n');
    await (await Spool.open(join(world.queue, 'main'), { group: true })).close();
    await chmod(join(world.roots, 'main'), 0o2770);
    await world.daemon(Date.now() + 60_000);
    return world;
  }

  /** The Node.js of the hook, as far as it is asked. */
  async node(version: string): Promise<void> {
    await writeFile(join(this.dir, 'bin/node'), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
  }

  /** What /proc shows of the daemon; `environment` is added to ours. */
  async daemon(startedAt: number, ...environment: string[]): Promise<void> {
    const proc = join(this.dir, 'proc');
    const boot = Math.floor(startedAt / 1000) - 1000;
    await writeFile(join(proc, 'stat'), `cpu  1 2 3\nbtime ${boot}\n`);
    await writeFile(join(proc, '77/cmdline'), 'nix-daemon\0--daemon\0');
    const fields = ['S', ...new Array(18).fill('0'), String((startedAt / 1000 - boot) * 100), '0'];
    await writeFile(join(proc, '77/stat'), `77 (nix (daemon)) ${fields.join(' ')}\n`);
    const all = [...Object.entries(this.env).map(([name, value]) => `${name}=${value}`), ...environment];
    await writeFile(join(proc, '77/environ'), `${all.join('\0')}\0`);
  }

  /** Everything but the local Nix, which a machine may not have, and which these settings hide. */
  async findings(options: DoctorOptions = {}): Promise<Finding[]> {
    return (await this.all(options)).filter(({ check }) => check !== 'local Nix');
  }

  async all(options: DoctorOptions = {}): Promise<Finding[]> {
    const nixConf = join(this.dir, 'etc/nix.conf');
    await writeFile(nixConf, this.nixConf);
    await utimes(nixConf, new Date(0), new Date(0));
    const file = join(this.dir, 'upload-queue.conf');
    await writeFile(file, this.conf);
    const config = await readConfig(file).catch((error: Error) => error);
    const found: Finding[] = [];
    const proc = join(this.dir, 'proc');
    for await (const finding of runDoctor(config, { env: this.env, service: me, hook: me, proc, ...options }))
      found.push(finding);
    for (const finding of found)
      assert.equal(finding.level !== 'ok', finding.fix !== undefined, `fix of: ${finding.what}`);
    return found;
  }

  /** What is not as it should be, as `level check: what`. */
  async problems(options: DoctorOptions = {}): Promise<string[]> {
    const found = await this.findings(options);
    return found
      .filter(({ level }) => level !== 'ok')
      .map(({ level, check, what }) => `${level} ${check}: ${what}`);
  }

  /** Replaces text of the settings, which must be there. */
  edit(which: 'conf' | 'nixConf', from: string | RegExp, to: string): void {
    assert.ok(this[which].search(from) >= 0, `${from} is not in ${which}`);
    this[which] = this[which].replace(from, to);
  }
}

/** Exactly one problem, which says this. */
export function only(problems: readonly string[], expected: RegExp): void {
  assert.equal(problems.length, 1, `expected one problem, got:\n${problems.join('\n')}`);
  assert.match(problems[0] as string, expected);
}

/**
 * The whole of it: a Nix with the hook, queues of the targets `first` (over HTTP, with a cable that can be
 * pulled) and `second` (a directory), the service as a process, and its commands.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execPath } from 'node:process';
import type { TestContext } from 'node:test';
import { BinaryCache } from 'narkit/cache';
import { assertSigned, parseNarInfo } from 'narkit/narinfo';
import { FileStore, nodeCodecs } from 'narkit/node';
import { Keyring, parsePublicKey } from 'narkit/signature';
import type { ServiceEvent } from '../../../examples/post-build-hook/queued/events.ts';
import { Builder } from '../../examples/queued/hook-builder.ts';
import type { Variant } from '../../examples/queued/hook-programs.ts';
import { endings } from '../../examples/queued/service-support.ts';
import { assertInvariant } from '../../support/invariant.ts';
import type { NixInstallation, NixWorld, Outcome } from '../../support/nix.ts';
import { Cable } from './cable.ts';

export const TARGETS = ['first', 'second'] as const;
export type TargetName = (typeof TARGETS)[number];

export interface UploadOptions {
  readonly nix: NixInstallation;
  readonly variant: Variant;
  /** Where `builtHooks` has built them, with `upload-queue`. */
  readonly programs: string;
  /** More lines of the settings of the service. */
  readonly settings?: readonly string[];
  /** The service runs as this user. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

export class Upload {
  readonly builder: Builder;
  readonly cable: Cable;
  readonly publicKey: string;
  readonly #options: UploadOptions;
  readonly #atEnd: (end: () => Promise<unknown>) => void;
  #service: ChildProcess | undefined;

  private constructor(
    options: UploadOptions,
    builder: Builder,
    publicKey: string,
    atEnd: (end: () => Promise<unknown>) => void,
  ) {
    this.#options = options;
    this.#atEnd = atEnd;
    this.builder = builder;
    this.publicKey = publicKey;
    this.cable = new Cable(join(builder.world.dir, 'cache-first'));
  }

  /** With the cable pulled. */
  static async create(t: TestContext, options: UploadOptions): Promise<Upload> {
    // Before the directory: what runs in it ends first.
    const atEnd = endings(t);
    const builder = await Builder.create(t, options.nix, options.variant, options.programs);
    atEnd(() => builder[Symbol.asyncDispose]());
    const { world } = builder;
    const files = [join(world.dir, 'key.private'), join(world.dir, 'key.public')] as const;
    await world.run('nix-store', ['--generate-binary-cache-key', 'queued-1', ...files]);
    const upload = new Upload(options, builder, (await readFile(files[1], 'utf8')).trim(), atEnd);
    atEnd(() => upload.cable.close());
    await upload.cable.become('refuses');
    await upload.configure(upload.cable.url);
    return upload;
  }

  get world(): NixWorld {
    return this.builder.world;
  }

  /** Writes the settings of the service. @param first The URL of that target. */
  async configure(first: string): Promise<void> {
    const { world, at } = this.builder;
    const { nix, settings = [] } = this.#options;
    const lines = [
      `queue-dir = ${at.queueDir}`,
      `gc-roots-dir = ${at.rootsDir}`,
      `store-dir = ${world.storeDir}`,
      `nix-bin-dir = ${nix.binDir}`,
      `secret-key-files = ${join(world.dir, 'key.private')}`,
      'log-format = json',
      'retry-min = 0.1s',
      'retry-max = 0.5s',
      ...settings,
      `[first]\ncache = ${first}?retry-attempts=1`,
      `[second]\ncache = file://${this.directoryOf('second')}\n`,
    ];
    await writeFile(join(world.dir, 'upload-queue.conf'), lines.join('\n'));
  }

  directoryOf(target: TargetName): string {
    return join(this.world.dir, `cache-${target}`);
  }

  get #args(): readonly string[] {
    return [
      join(this.#options.programs, 'upload-queue'),
      '--config',
      join(this.world.dir, 'upload-queue.conf'),
    ];
  }

  get #env(): NodeJS.ProcessEnv {
    return { ...this.world.env, ...this.builder.clientEnv };
  }

  /** Starts the service; its log goes on where the one before ended. */
  serve(): void {
    const log = openSync(this.#log, 'a');
    this.#service = spawn(execPath, [...this.#args, 'serve'], {
      env: this.#env,
      cwd: '/',
      stdio: ['ignore', log, log],
      ...this.#options.user,
    });
    closeSync(log);
    this.#atEnd(() => this.kill());
  }

  /** Ends it at once. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const service = this.#service;
    this.#service = undefined;
    if (service === undefined || service.exitCode !== null || service.signalCode !== null) return;
    const exited = once(service, 'exit');
    service.kill(signal);
    await exited;
  }

  get #log(): string {
    return join(this.world.dir, 'service.log');
  }

  /** What the service has told, all of its processes. */
  async events<T extends ServiceEvent['type']>(type: T): Promise<(ServiceEvent & { type: T })[]> {
    const text = await readFile(this.#log, 'utf8');
    return text.split('\n').flatMap((line) => {
      // A line that a kill has cut, or one of a failure at the start.
      if (!line.startsWith('{') || !line.endsWith('}')) return [];
      const event = JSON.parse(line) as ServiceEvent;
      return event.type === type ? [event as ServiceEvent & { type: T }] : [];
    });
  }

  /** Runs a command of `upload-queue`. */
  async command(...words: readonly string[]): Promise<Outcome> {
    return await new Promise((resolve) => {
      const options = { env: this.#env, cwd: '/' };
      execFile(execPath, [...this.#args, ...words], options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr });
      });
    });
  }

  /** Waits until nothing is queued; what was given up is a failure. */
  async drain(...words: readonly string[]): Promise<void> {
    const { code, stderr } = await this.command('drain', '--timeout', '120s', ...words);
    if (code !== 0) assert.fail(`${stderr}\n${(await readFile(this.#log, 'utf8')).slice(-3000)}`);
  }

  /** The paths that a cache announces. All of it is as it must be: signatures, contents, closures; each NAR once. */
  async published(target: TargetName): Promise<string[]> {
    const { storeDir } = this.world;
    const directory = this.directoryOf(target);
    const store = new FileStore(directory);
    const cache = new BinaryCache(store, { decoders: nodeCodecs, storeDir });
    await assertInvariant(cache);
    const keyring = new Keyring([parsePublicKey(this.publicKey)]);
    const nars = new Set<string>();
    const paths: string[] = [];
    for (const name of await readdir(directory)) {
      if (!name.endsWith('.narinfo')) continue;
      const info = parseNarInfo(await readFile(join(directory, name), 'utf8'), { storeDir });
      assertSigned(info, keyring, { storeDir });
      nars.add(basename(info.url));
      paths.push(`${storeDir}/${info.storePath}`);
    }
    const files = (await readdir(join(directory, 'nar'))).filter((name) => !name.endsWith('.tmp'));
    assert.deepEqual(files.sort(), [...nars].sort(), 'each NAR is announced, and there once');
    return paths.sort();
  }
}

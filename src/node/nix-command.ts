/**
 * Asking the installed Nix through its command line.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { delimiter } from 'node:path';
import { promisify } from 'node:util';
import { MissingError, NarkitError, UnsupportedError } from '../errors.ts';
import type { PathInfo } from '../narinfo/path-info.ts';
import { parsePathInfoJson } from '../narinfo/path-info-json.ts';
import { checkOptions } from '../options.ts';
import { topologicalOrder } from '../publish/closure.ts';
import type { StoreDir, StorePath } from '../store-path/store-path.ts';
import {
  checkStoreDir,
  DEFAULT_STORE_DIR,
  isDerivation,
  parseStorePath,
  printStorePath,
} from '../store-path/store-path.ts';

const run = promisify(execFile);

/** Where Nix may be when PATH does not say: services and hooks run with a minimal one. */
const USUAL_DIRECTORIES = [
  '/nix/var/nix/profiles/default/bin',
  '/run/current-system/sw/bin',
  '/usr/local/bin',
  '/usr/bin',
];

/** Paths per command, well below the kernel's limit on arguments. */
const BATCH = 400;
const MAX_OUTPUT = 1024 ** 3;

/** Options of {@link NixCommand}. */
export interface NixCommandOptions {
  /** Directory of the programs `nix` and `nix-store`. @default looked up in PATH, then in the usual places */
  binDir?: string;
  /** @default '/nix/store' */
  storeDir?: StoreDir;
  /** Store URL to ask (`--store`), such as `local?root=/mnt`. @default Nix's own choice */
  store?: string;
  /** Variables added to the environment of the commands. @default {} */
  env?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

/**
 * The Nix installed on this machine, any version from 2.8 on; `nix-command` need not be enabled in
 * its configuration.
 *
 * @example
 * ```ts no-run
 * import { NixCommand } from 'narkit/node';
 * import { parseStorePath } from 'narkit/store-path';
 *
 * const nix = new NixCommand();
 * const infos = await nix.closure([parseStorePath('/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt')]);
 * console.log(infos.map((info) => info.storePath));
 * ```
 */
export class NixCommand {
  readonly storeDir: StoreDir;
  readonly #options: NixCommandOptions;

  constructor(options: NixCommandOptions = {}) {
    checkOptions('NixCommand', options, ['binDir', 'storeDir', 'store', 'env', 'signal']);
    this.storeDir = checkStoreDir(options.storeDir ?? DEFAULT_STORE_DIR);
    this.#options = options;
  }

  /**
   * Infos of paths; a path that is not valid in the store maps to `undefined`.
   *
   * @throws NarkitError `ERR_NIX_COMMAND`; UnsupportedError where there is no Nix.
   */
  async pathInfos(paths: Iterable<StorePath>): Promise<Map<StorePath, PathInfo | undefined>> {
    const wanted = [...new Set(paths)];
    const invalid = await this.#invalid(wanted);
    const infos = await this.#pathInfo(
      wanted.filter((path) => !invalid.has(path)),
      [],
    );
    return new Map(wanted.map((path) => [path, infos.get(path)]));
  }

  /**
   * Infos of the closure of `paths`, references before what refers to them.
   *
   * @throws MissingError `ERR_MISSING_PATH` for a path that is not valid; NarkitError `ERR_NIX_COMMAND`.
   */
  async closure(paths: Iterable<StorePath>): Promise<PathInfo[]> {
    const roots = [...new Set(paths)];
    for (const path of await this.#invalid(roots)) {
      const subject = printStorePath(path, this.storeDir);
      throw new MissingError('ERR_MISSING_PATH', `${subject} is not valid in the local Nix store`, {
        subject,
      });
    }
    const infos = await this.#pathInfo(roots, ['--recursive']);
    return topologicalOrder([...infos.values()].filter((info) => info !== undefined));
  }

  /** Output paths of a derivation. */
  async outputs(drvPath: StorePath): Promise<StorePath[]> {
    const path = printStorePath(drvPath, this.storeDir);
    return this.#lines(await this.#run('nix-store', ['--query', '--outputs', path]));
  }

  /** Those that are not valid. `nix path-info` would look for them on the network, or fail. */
  async #invalid(paths: readonly StorePath[]): Promise<Set<StorePath>> {
    const invalid = new Set<StorePath>();
    for (const batch of this.#batches(paths)) {
      const output = await this.#run('nix-store', ['--check-validity', '--print-invalid', ...batch]);
      for (const path of this.#lines(output)) invalid.add(path);
    }
    return invalid;
  }

  async #pathInfo(
    paths: readonly StorePath[],
    flags: readonly string[],
  ): Promise<Map<StorePath, PathInfo | undefined>> {
    const infos = new Map<StorePath, PathInfo | undefined>();
    // Without being told, Nix up to 2.19 takes a derivation for its outputs; told so, it takes all else for its deriver.
    const groups = [
      { of: paths.filter((path) => !isDerivation(path)), options: flags },
      { of: paths.filter(isDerivation), options: [...flags, '--derivation'] },
    ];
    for (const { of, options } of groups) {
      for (const batch of this.#batches(of)) {
        const enable = ['--extra-experimental-features', 'nix-command'];
        const json = await this.#jsonFormat(['path-info', '--json', ...enable, ...options, ...batch]);
        for (const [path, info] of parsePathInfoJson(json, { storeDir: this.storeDir }))
          infos.set(path, info);
      }
    }
    return infos;
  }

  *#batches(paths: readonly StorePath[]): Generator<string[]> {
    for (let at = 0; at < paths.length; at += BATCH)
      yield paths.slice(at, at + BATCH).map((path) => printStorePath(path, this.storeDir));
  }

  #lines(output: string): StorePath[] {
    const lines = output.split('\n').filter((line) => line !== '');
    return lines.map((line) => parseStorePath(line, { storeDir: this.storeDir }));
  }

  /** Nix 2.33 warns that `--json` alone will be an error one day; older versions refuse the option. */
  async #jsonFormat(args: string[]): Promise<string> {
    try {
      return await this.#run('nix', args);
    } catch (error) {
      if (!(error instanceof NarkitError && error.message.includes('--json-format'))) throw error;
      return await this.#run('nix', [...args, '--json-format', '2']);
    }
  }

  async #run(program: string, args: string[]): Promise<string> {
    const { binDir, store, env, signal } = this.#options;
    const path = [process.env['PATH'], ...USUAL_DIRECTORIES].filter((dir) => dir !== undefined && dir !== '');
    const all = store === undefined ? args : [...args, '--store', store];
    try {
      const { stdout } = await run(binDir === undefined ? program : `${binDir}/${program}`, all, {
        env: { ...process.env, PATH: path.join(delimiter), ...env },
        maxBuffer: MAX_OUTPUT,
        ...(signal === undefined ? {} : { signal }),
      });
      return stdout;
    } catch (cause) {
      signal?.throwIfAborted();
      const { code, stderr } = cause as { code?: string | number; stderr?: string };
      if (code === 'ENOENT') {
        throw new UnsupportedError(
          `the program '${program}' was not found; install Nix, or say where it is with binDir`,
          {
            feature: program,
            cause,
          },
        );
      }
      const said = (stderr ?? (cause as Error).message).trim().split('\n').slice(-5).join('\n');
      throw new NarkitError('ERR_NIX_COMMAND', `${program} ${args[0]} failed (${code}): ${said}`, { cause });
    }
  }
}

/**
 * The Nix store of this machine, asked so that every question can be broken off.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isNarkitError } from 'narkit';
import { type Derivation, parseDerivation } from 'narkit/derivation';
import type { PathInfo } from 'narkit/narinfo';
import { type LocalNix, localNix } from 'narkit/node';
import { parseBaseName, type StorePath } from 'narkit/store-path';
import { orAbandon } from './abandon.ts';

export interface LocalStoreOptions {
  readonly storeDir: string;
  readonly nixBinDir?: string | undefined;
  /** Instead of the variables of this process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** What the daemon, the database and the command line answer; the last cannot be told to stop. */
interface Questions {
  pathInfos(
    paths: Iterable<StorePath>,
    call?: { signal?: AbortSignal },
  ): Promise<Map<StorePath, PathInfo | undefined>>;
  closure(paths: Iterable<StorePath>, call?: { signal?: AbortSignal }): Promise<PathInfo[]>;
  outputs(drvPath: StorePath, call?: { signal?: AbortSignal }): Promise<StorePath[]>;
}

/** A path that no store has, to see whether anybody answers. */
const NOWHERE = parseBaseName('00000000000000000000000000000000-nowhere');

export class LocalStore implements AsyncDisposable {
  readonly storeDir: string;
  readonly why: string;
  readonly #local: LocalNix;
  readonly #nix: Questions;

  static async open({ storeDir, nixBinDir, env }: LocalStoreOptions): Promise<LocalStore> {
    const local = await localNix({
      storeDir,
      ...(nixBinDir === undefined ? {} : { binDir: nixBinDir }),
      ...(env === undefined ? {} : { env }),
    });
    return new LocalStore(local, storeDir);
  }

  private constructor(local: LocalNix, storeDir: string) {
    this.storeDir = storeDir;
    this.why = local.why;
    this.#local = local;
    this.#nix = local.nix;
  }

  /** Infos of those paths that are valid. */
  async infos(paths: Iterable<StorePath>, signal: AbortSignal): Promise<Map<StorePath, PathInfo>> {
    const found = await orAbandon(this.#nix.pathInfos(paths, { signal }), signal, 0);
    return new Map([...found].filter((entry): entry is [StorePath, PathInfo] => entry[1] !== undefined));
  }

  /** Infos of the closure, references first. @throws MissingError `ERR_MISSING_PATH` */
  async closure(paths: Iterable<StorePath>, signal: AbortSignal): Promise<PathInfo[]> {
    return await orAbandon(this.#nix.closure(paths, { signal }), signal, 0);
  }

  async outputs(drvPath: StorePath, signal: AbortSignal): Promise<StorePath[]> {
    return await orAbandon(this.#nix.outputs(drvPath, { signal }), signal, 0);
  }

  /** Does anybody answer? Throws when not. */
  async probe(signal: AbortSignal): Promise<void> {
    await this.infos([NOWHERE], signal);
  }

  /** What a `.drv` file says; `undefined` where it is not there, or of a kind that cannot be read. */
  async derivation(drvPath: StorePath): Promise<Derivation | undefined> {
    try {
      return parseDerivation(await readFile(join(this.storeDir, drvPath)), { storeDir: this.storeDir });
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return undefined;
      if (isNarkitError(error, 'ERR_UNSUPPORTED')) return undefined;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#local.close();
  }
}

/**
 * The requests that ask and those that change little: numbers, arguments and answers.
 *
 * @module
 */
import type { PathInfo } from '../../narinfo/path-info.ts';
import type { Signature } from '../../signature/signature.ts';
import { printSignature } from '../../signature/signature.ts';
import type { StoreDir, StorePath } from '../../store-path/store-path.ts';
import { isHashPart, parseStorePath, printStorePath } from '../../store-path/store-path.ts';
import { readPathInfo } from './path-info-wire.ts';
import type { Request } from './request.ts';
import type { WireReader } from './wire-reader.ts';

/** Something to build or to substitute: a path, or outputs of a derivation. */
export type NixDaemonTarget =
  | StorePath
  | {
      readonly drvPath: StorePath;
      /** Names of outputs. @default all */
      readonly outputs?: readonly string[];
    };

/** What it would take to have some targets. */
export interface NixDaemonMissing {
  /** Derivations to be built. */
  readonly willBuild: readonly StorePath[];
  readonly willSubstitute: readonly StorePath[];
  /** Paths that can be had in no way that is known. */
  readonly unknown: readonly StorePath[];
  /** Bytes to be downloaded, as far as known. */
  readonly downloadSize: number;
  /** Bytes of the NARs of what is to be substituted, as far as known. */
  readonly narSize: number;
}

const BUILD_MODES: Readonly<Record<NixDaemonBuildMode, number>> = { normal: 0, repair: 1, check: 2 };

/** How to build: only what is missing, also what is damaged, or again, to compare. */
export type NixDaemonBuildMode = 'normal' | 'repair' | 'check';

/** The requests, for one store directory. */
export class Operations {
  readonly #storeDir: StoreDir;

  constructor(storeDir: StoreDir) {
    this.#storeDir = storeDir;
  }

  isValidPath(path: StorePath): Request<boolean> {
    return {
      ...this.#ofPath('IsValidPath', 1, path),
      read: async (input) => {
        const valid = await input.bool('whether the path is valid');
        return () => valid;
      },
    };
  }

  pathInfo(path: StorePath): Request<PathInfo | undefined> {
    return {
      ...this.#ofPath('QueryPathInfo', 26, path),
      read: async (input) => {
        if (!(await input.bool('whether the path is valid'))) return () => undefined;
        const info = await readPathInfo(input, this.#storeDir);
        return () => info(path);
      },
    };
  }

  allValidPaths(): Request<StorePath[]> {
    return { name: 'QueryAllValidPaths', op: 23, read: (input) => this.#paths(input) };
  }

  validPaths(paths: Iterable<StorePath>, substitute: boolean): Request<StorePath[]> {
    return {
      name: 'QueryValidPaths',
      op: 31,
      since: substitute ? 27 : 21,
      write: (out, minor) => {
        out.strings([...new Set(paths)].map(this.#print));
        if (minor >= 27) out.bool(substitute);
      },
      read: (input) => this.#paths(input),
    };
  }

  referrers(path: StorePath): Request<StorePath[]> {
    return { ...this.#ofPath('QueryReferrers', 6, path), read: (input) => this.#paths(input) };
  }

  validDerivers(path: StorePath): Request<StorePath[]> {
    return { ...this.#ofPath('QueryValidDerivers', 33, path), read: (input) => this.#paths(input) };
  }

  pathFromHashPart(hashPart: string): Request<StorePath | undefined> {
    if (!isHashPart(hashPart)) throw new TypeError(`not a hash part: ${JSON.stringify(hashPart)}`);
    return {
      name: 'QueryPathFromHashPart',
      op: 29,
      write: (out) => out.string(hashPart),
      read: async (input) => {
        const path = await input.string('a path');
        return () => (path === '' ? undefined : this.#parse(path));
      },
    };
  }

  outputMap(drvPath: StorePath): Request<Map<string, StorePath | undefined>> {
    return {
      ...this.#ofPath('QueryDerivationOutputMap', 41, drvPath),
      since: 22,
      read: async (input) => {
        const outputs = await input.list('outputs', async (): Promise<[string, string]> => {
          const name = await input.string('the name of an output');
          return [name, await input.string('the path of an output')];
        });
        return () =>
          new Map(outputs.map(([name, path]) => [name, path === '' ? undefined : this.#parse(path)]));
      },
    };
  }

  outputs(drvPath: StorePath): Request<StorePath[]> {
    const { read, ...map } = this.outputMap(drvPath);
    return {
      ...map,
      read: async (input) => {
        const outputs = await read(input);
        return () => [...outputs().values()].filter((path) => path !== undefined).sort();
      },
    };
  }

  missing(targets: Iterable<NixDaemonTarget>): Request<NixDaemonMissing> {
    return {
      name: 'QueryMissing',
      op: 40,
      write: (out) => out.strings([...targets].map(this.#printTarget)),
      read: async (input) => {
        const willBuild = await this.#paths(input);
        const willSubstitute = await this.#paths(input);
        const unknown = await this.#paths(input);
        const downloadSize = await input.uint64('a size of downloads');
        const narSize = await input.uint64('a size of NARs');
        return () => ({
          willBuild: willBuild(),
          willSubstitute: willSubstitute(),
          unknown: unknown(),
          downloadSize,
          narSize,
        });
      },
    };
  }

  buildPaths(targets: Iterable<NixDaemonTarget>, mode: NixDaemonBuildMode): Request<void> {
    return {
      name: 'BuildPaths',
      op: 9,
      write: (out) => {
        out.strings([...targets].map(this.#printTarget));
        out.uint64(BUILD_MODES[mode]);
      },
      read: done,
    };
  }

  ensurePath(path: StorePath): Request<void> {
    return { ...this.#ofPath('EnsurePath', 10, path), read: done };
  }

  addTempRoot(path: StorePath): Request<void> {
    return { ...this.#ofPath('AddTempRoot', 11, path), read: done };
  }

  addSignatures(path: StorePath, signatures: readonly Signature[]): Request<void> {
    return {
      name: 'AddSignatures',
      op: 37,
      write: (out) => {
        out.string(this.#print(path));
        out.strings(signatures.map(printSignature));
      },
      read: done,
    };
  }

  /** The NAR itself follows the answer. */
  narFromPath(path: StorePath): Request<void> {
    return { ...this.#ofPath('NarFromPath', 38, path), read: nothing };
  }

  #ofPath(name: string, op: number, path: StorePath): Pick<Request<unknown>, 'name' | 'op' | 'write'> {
    return { name, op, write: (out) => out.string(this.#print(path)) };
  }

  /** In the order of paths, whatever the daemon's. */
  async #paths(input: WireReader): Promise<() => StorePath[]> {
    const paths = await input.strings('paths');
    return () => paths.map(this.#parse).sort();
  }

  readonly #parse = (text: string): StorePath => parseStorePath(text, { storeDir: this.#storeDir });

  readonly #print = (path: StorePath): string => printStorePath(path, this.#storeDir);

  readonly #printTarget = (target: NixDaemonTarget): string => {
    if (typeof target === 'string') return this.#print(target);
    return `${this.#print(target.drvPath)}!${target.outputs?.join(',') ?? '*'}`;
  };
}

/** An answer without content. */
export async function nothing(): Promise<() => void> {
  return () => {};
}

/** An answer that only says that it is done. */
export async function done(input: WireReader): Promise<() => void> {
  await input.uint64('that it is done');
  return () => {};
}

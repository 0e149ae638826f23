/**
 * A client of the Nix daemon.
 *
 * @module
 */
import pMap from 'p-map';
import type { ByteSource } from '../../bytes/stream.ts';
import type { PathInfo } from '../../narinfo/path-info.ts';
import { closure } from '../../publish/closure.ts';
import type { Signature } from '../../signature/signature.ts';
import type { StoreDir, StorePath } from '../../store-path/store-path.ts';
import type { NixDaemonContent, NixDaemonObject } from './add-operations.ts';
import { addBuildLog, addMultipleToStore, addToStore, addToStoreNar } from './add-operations.ts';
import {
  type AddMultipleToStoreOptions,
  type AddToStoreNarOptions,
  type AddToStoreOptions,
  type BuildPathsOptions,
  type NixDaemonCallOptions,
  type QueryValidPathsOptions,
  signalOf,
} from './call-options.ts';
import type { NixDaemonInfo } from './handshake.ts';
import { narFromPath } from './nar-from-path.ts';
import { type NixDaemonMissing, type NixDaemonTarget, Operations } from './operations.ts';
import { ConnectionPool } from './pool.ts';
import type { Request } from './request.ts';
import { daemonSettings, type NixDaemonOptions } from './settings.ts';
import { TempRoots } from './temp-roots.ts';

/**
 * A Nix store by its daemon (the worker protocol, 1.21 to 1.38: Nix 2.3 and later).
 *
 * Connections are opened when needed; `close()`, or `await using`, ends them. What the daemon refuses leaves
 * its connection in order; where that breaks, the request fails with `retryable`, the next takes a new one.
 *
 * Every method throws NixDaemonError: `ERR_NIX_DAEMON` with the daemon's words when it refuses,
 * `ERR_NIX_DAEMON_UNAVAILABLE`, `ERR_NIX_DAEMON_PROTOCOL`; UnsupportedError for what the agreed
 * protocol does not have.
 *
 * @example
 * ```ts no-run
 * import { NixDaemon, nixDaemonCommand } from 'narkit/node';
 *
 * await using daemon = new NixDaemon({ transport: nixDaemonCommand(['nix-daemon', '--stdio']) });
 * console.log(await daemon.queryAllValidPaths());
 * ```
 */
export class NixDaemon implements AsyncDisposable {
  readonly storeDir: StoreDir;
  readonly #concurrency: number;
  readonly #operations: Operations;
  readonly #pool: ConnectionPool;
  readonly #tempRoots: TempRoots;

  constructor(options: NixDaemonOptions = {}) {
    const settings = daemonSettings(options);
    this.storeDir = settings.storeDir;
    this.#concurrency = settings.connections;
    this.#operations = new Operations(this.storeDir);
    this.#pool = new ConnectionPool(settings);
    this.#tempRoots = new TempRoots(settings, this.#operations);
  }

  /** Versions, trust and features, as the greeting told. */
  async info(options: NixDaemonCallOptions = {}): Promise<NixDaemonInfo> {
    const connection = await this.#pool.lease(signalOf('info', options));
    this.#pool.release(connection);
    return connection.greeting.info;
  }

  /** Whether the store has the path. */
  async isValidPath(path: StorePath, options: NixDaemonCallOptions = {}): Promise<boolean> {
    return await this.#ask(this.#operations.isValidPath(path), options);
  }

  /** The info of a path; `undefined` when it is not valid in the store. */
  async queryPathInfo(path: StorePath, options: NixDaemonCallOptions = {}): Promise<PathInfo | undefined> {
    return await this.#ask(this.#operations.pathInfo(path), options);
  }

  /** Infos of paths, asked over all connections; a path that is not valid maps to `undefined`. */
  async pathInfos(
    paths: Iterable<StorePath>,
    options: NixDaemonCallOptions = {},
  ): Promise<Map<StorePath, PathInfo | undefined>> {
    const ask = async (path: StorePath) => [path, await this.queryPathInfo(path, options)] as const;
    return new Map(await pMap(new Set(paths), ask, { concurrency: this.#concurrency, ...options }));
  }

  /**
   * Infos of the closure of `paths`, references before what refers to them.
   *
   * @throws MissingError `ERR_MISSING_PATH` for a path that is not valid.
   */
  async closure(paths: Iterable<StorePath>, options: NixDaemonCallOptions = {}): Promise<PathInfo[]> {
    const lookup = { concurrency: this.#concurrency, ...options };
    return await closure(paths, (path) => this.queryPathInfo(path, options), lookup);
  }

  /** Output paths of a derivation, sorted; of floating content-addressed ones those that are built. */
  async outputs(drvPath: StorePath, options: NixDaemonCallOptions = {}): Promise<StorePath[]> {
    return await this.#ask(this.#operations.outputs(drvPath), options);
  }

  /** All paths of the store, sorted. */
  async queryAllValidPaths(options: NixDaemonCallOptions = {}): Promise<StorePath[]> {
    return await this.#ask(this.#operations.allValidPaths(), options);
  }

  /** Those of `paths` that are valid, sorted; with `substitute`, after substituting what can be. */
  async queryValidPaths(
    paths: Iterable<StorePath>,
    options: QueryValidPathsOptions = {},
  ): Promise<StorePath[]> {
    const request = this.#operations.validPaths(paths, options.substitute ?? false);
    return await this.#ask(request, options, ['substitute']);
  }

  /** The valid paths that refer to a path themselves, sorted. */
  async queryReferrers(path: StorePath, options: NixDaemonCallOptions = {}): Promise<StorePath[]> {
    return await this.#ask(this.#operations.referrers(path), options);
  }

  /** The valid derivations that have a path as their output, sorted. */
  async queryValidDerivers(path: StorePath, options: NixDaemonCallOptions = {}): Promise<StorePath[]> {
    return await this.#ask(this.#operations.validDerivers(path), options);
  }

  /** The valid path with this hash part. */
  async queryPathFromHashPart(
    hashPart: string,
    options: NixDaemonCallOptions = {},
  ): Promise<StorePath | undefined> {
    return await this.#ask(this.#operations.pathFromHashPart(hashPart), options);
  }

  /** Outputs of a derivation by name; `undefined` where the path is not known before the build. */
  async queryDerivationOutputMap(
    drvPath: StorePath,
    options: NixDaemonCallOptions = {},
  ): Promise<Map<string, StorePath | undefined>> {
    return await this.#ask(this.#operations.outputMap(drvPath), options);
  }

  /** What is to be built, substituted and downloaded to have these. */
  async queryMissing(
    targets: Iterable<NixDaemonTarget>,
    options: NixDaemonCallOptions = {},
  ): Promise<NixDaemonMissing> {
    return await this.#ask(this.#operations.missing(targets), options);
  }

  /** Builds or substitutes; what happens is told to `onLog`. */
  async buildPaths(targets: Iterable<NixDaemonTarget>, options: BuildPathsOptions = {}): Promise<void> {
    await this.#ask(this.#operations.buildPaths(targets, options.mode ?? 'normal'), options, ['mode']);
  }

  /** Makes a path valid, by substitution if need be. */
  async ensurePath(path: StorePath, options: NixDaemonCallOptions = {}): Promise<void> {
    await this.#ask(this.#operations.ensurePath(path), options);
  }

  /**
   * Protects a path from garbage collection until `close()`. The connection that holds such roots serves
   * nothing else. Should it break, the daemon drops them; the next call holds them again.
   */
  async addTempRoot(path: StorePath, options: NixDaemonCallOptions = {}): Promise<void> {
    await this.#tempRoots.add(path, signalOf('addTempRoot', options));
  }

  /** Adds signatures to a valid path; it keeps those it has. */
  async addSignatures(
    path: StorePath,
    signatures: readonly Signature[],
    options: NixDaemonCallOptions = {},
  ): Promise<void> {
    await this.#ask(this.#operations.addSignatures(path, signatures), options);
  }

  /**
   * The NAR of a valid path, parsed only to find its end. It takes a connection until it is read or
   * cancelled. Compare its hash where the store's disk is not to be believed.
   *
   * @throws MissingError `ERR_MISSING_PATH` when the path is not valid.
   */
  async narFromPath(
    path: StorePath,
    options: NixDaemonCallOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const signal = signalOf('narFromPath', options);
    return await narFromPath(this.#pool, this.#operations, { path, storeDir: this.storeDir }, signal);
  }

  /**
   * Adds an object by its NAR; a valid path stays as it is. Its references must be valid. The daemon
   * checks hash and size, and, unless it trusts this user and `checkSigs` is `false`, the signatures.
   * What is refused, or fails while it is read, leaves nothing in the store.
   */
  async addToStoreNar(info: PathInfo, nar: ByteSource, options: AddToStoreNarOptions = {}): Promise<void> {
    const known = ['repair', 'checkSigs', 'registrationTime', 'ultimate'];
    await this.#ask(addToStoreNar(info, nar, options, this.storeDir), options, known);
  }

  /** Adds several objects in one request, references first; otherwise as {@link addToStoreNar}. */
  async addMultipleToStore(
    objects: readonly NixDaemonObject[],
    options: AddMultipleToStoreOptions = {},
  ): Promise<void> {
    await this.#ask(addMultipleToStore(objects, options, this.storeDir), options, ['repair', 'checkSigs']);
  }

  /**
   * Adds a content-addressed object, and returns what became of it. `dump` is the NAR for the methods
   * `nar` and `git`, and the bytes of the file for `flat` and `text`.
   */
  async addToStore(
    content: NixDaemonContent,
    dump: ByteSource,
    options: AddToStoreOptions = {},
  ): Promise<PathInfo> {
    const request = addToStore(content, dump, options.repair ?? false, this.storeDir);
    return await this.#ask(request, options, ['repair']);
  }

  /** Adds the log of a build, uncompressed; for users that the daemon trusts. */
  async addBuildLog(drvPath: StorePath, log: ByteSource, options: NixDaemonCallOptions = {}): Promise<void> {
    await this.#ask(addBuildLog(drvPath, log), options);
  }

  /** Ends all connections. Requests under way fail. */
  async close(): Promise<void> {
    await Promise.all([this.#pool.close(), this.#tempRoots.close()]);
  }

  /** As {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #ask<T>(request: Request<T>, options: NixDaemonCallOptions, known?: readonly string[]): Promise<T> {
    const signal = signalOf(request.name, options, known);
    const connection = await this.#pool.lease(signal);
    try {
      return await connection.perform(request, signal);
    } finally {
      this.#pool.release(connection);
    }
  }
}

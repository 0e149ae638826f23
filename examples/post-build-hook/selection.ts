/**
 * What is to be published for paths that were built: their closures and what the settings add, without what
 * they leave out.
 */
import type { BinaryCache } from 'narkit/cache';
import type { PathInfo } from 'narkit/narinfo';
import { plan } from 'narkit/publish';
import type { PublicKey } from 'narkit/signature';
import type { StorePath } from 'narkit/store-path';
import type { TargetConfig } from './config.ts';
import { buildInputs, outputName } from './derivations.ts';
import type { Filters } from './filters.ts';
import type { LocalStore } from './local-store.ts';
import type { Built } from './publisher.ts';
import type { Upstreams } from './upstreams.ts';

/** What the choice depends on. */
export interface SelectionContext {
  readonly target: TargetConfig;
  readonly local: LocalStore;
  readonly cache: BinaryCache;
  readonly filters: Filters;
  readonly upstreams: Upstreams;
  /** Public halves of the target's keys. */
  readonly ownKeys: readonly PublicKey[];
  readonly signal: AbortSignal;
}

export class Selection {
  /** To be published; closed under references but for what is left out. */
  readonly infos = new Map<StorePath, PathInfo>();
  /** Built paths that are not valid on this machine any more. */
  readonly gone: StorePath[] = [];
  /** Of the built paths that are not left out, where known. */
  readonly drvPaths = new Set<StorePath>();
  readonly skipped = new Map<StorePath, string>();
  readonly notes: string[] = [];
  readonly #context: SelectionContext;

  static async of(built: readonly Built[], context: SelectionContext): Promise<Selection> {
    const selection = new Selection(context);
    await selection.#addBuilt(built);
    await selection.#addBelongings();
    // Left out for itself, but something needs it.
    for (const path of selection.infos.keys()) selection.skipped.delete(path);
    return selection;
  }

  private constructor(context: SelectionContext) {
    this.#context = context;
  }

  async #addBuilt(built: readonly Built[]): Promise<void> {
    const { local, signal } = this.#context;
    const valid = await local.infos(
      built.map(({ path }) => path),
      signal,
    );
    const roots = new Map<StorePath, StorePath | undefined>();
    for (const { path, drvPath = valid.get(path)?.deriver } of built) {
      const reason = await this.#reasonOfRoot(path, drvPath);
      if (reason === undefined) roots.set(path, drvPath);
      else this.skipped.set(path, reason);
    }
    await this.#add([...roots.keys()].filter((path) => valid.has(path)));
    for (const [path, drvPath] of roots) {
      if (!valid.has(path)) this.gone.push(path);
      if (drvPath !== undefined && !this.skipped.has(path)) this.drvPaths.add(drvPath);
    }
  }

  /** Why a built path is left out, by what can be told even when it has gone. */
  async #reasonOfRoot(path: StorePath, drvPath: StorePath | undefined): Promise<string | undefined> {
    const { target, local, filters } = this.#context;
    const byName = filters.byName(path);
    const { outputs } = target.filters;
    if (byName !== undefined || outputs.length === 0 || drvPath === undefined) return byName;
    const drv = await local.derivation(drvPath);
    const name = drv === undefined ? undefined : outputName(path, drvPath, drv);
    if (name === undefined || outputs.includes(name)) return undefined;
    return `its output '${name}' is not among outputs`;
  }

  async #addBelongings(): Promise<void> {
    const { target, local, signal } = this.#context;
    const more = new Set<StorePath>(target.uploadDerivation ? this.drvPaths : []);
    if (target.buildClosure)
      for (const path of await buildInputs(local, this.drvPaths, signal)) more.add(path);
    // What was not built here, or was collected since, is not there.
    await this.#add((await local.infos(more, signal)).keys());
  }

  /** Adds the closure of valid paths. */
  async #add(roots: Iterable<StorePath>): Promise<void> {
    const { local, filters, ownKeys, signal } = this.#context;
    const fresh: PathInfo[] = [];
    for (const info of await local.closure(roots, signal)) {
      if (this.infos.has(info.storePath)) continue;
      const reason = filters.reason(info, ownKeys);
      if (reason === undefined) fresh.push(info);
      else this.skipped.set(info.storePath, reason);
    }
    const elsewhere = await this.#inUpstreams(fresh);
    for (const info of fresh) {
      const name = elsewhere.get(info.storePath);
      if (name === undefined) this.infos.set(info.storePath, info);
      else this.skipped.set(info.storePath, `it is in ${name}`);
    }
  }

  /** Upstreams are not asked for what the target has: that is most of nearly every closure. */
  async #inUpstreams(infos: readonly PathInfo[]): Promise<ReadonlyMap<StorePath, string>> {
    const { cache, upstreams, signal } = this.#context;
    if (upstreams.none) return new Map();
    const options = { check: 'exists', allowUnsigned: true, incompleteClosure: true, signal } as const;
    const items = await plan(cache, infos, options);
    const lacking = items.filter(({ action }) => action === 'upload').map(({ info }) => info);
    return await upstreams.find(lacking, signal, (note) => this.notes.push(note));
  }
}

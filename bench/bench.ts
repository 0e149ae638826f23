/**
 * What the questions share: a directory, the real programs, and things that are made once.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Ceph, startCeph } from '../test/services/ceph.ts';
import { type NixInstallation, nixInstallations } from '../test/support/nix.ts';
import { ChrootStore } from './chroot-store.ts';
import { makeTree } from './fixtures.ts';

export class Bench {
  readonly dir: string;
  /** Rounds of quick and of slow comparisons. */
  readonly runs: { readonly many: number; readonly few: number };
  /** Fewer and smaller inputs: to see that everything works, not to measure. */
  readonly quick: boolean;
  /** Oldest first. */
  readonly nixes: readonly NixInstallation[] = nixInstallations();
  #tree: string | undefined;
  #nar: string | undefined;
  #world: Promise<{ store: ChrootStore; path: string }> | undefined;
  #ceph: Promise<Ceph | undefined> | undefined;

  constructor(parent: string, quick: boolean) {
    this.dir = mkdtempSync(join(parent, 'narkit-bench-'));
    this.quick = quick;
    this.runs = quick ? { many: 1, few: 1 } : { many: 7, few: 3 };
  }

  get newest(): NixInstallation | undefined {
    return this.nixes.at(-1);
  }

  /** `n`, or a hundredth of it. */
  scaled(n: number): number {
    return this.quick ? Math.ceil(n / 100) : n;
  }

  /** The tree of 60,000 files, 750 MB. */
  tree(): string {
    this.#tree ??= makeTree(this.dir, this.scaled(60_000));
    return this.#tree;
  }

  /** The NAR of {@link tree}, by Nix. */
  nar(nix: NixInstallation): string {
    if (this.#nar === undefined) {
      this.#nar = join(this.dir, 'tree.nar');
      execFileSync('/bin/sh', [
        '-c',
        '"$0" --dump "$1" > "$2"',
        join(nix.binDir, 'nix-store'),
        this.tree(),
        this.#nar,
      ]);
    }
    return this.#nar;
  }

  /** A store that has the tree. */
  async world(nix: NixInstallation): Promise<{ store: ChrootStore; path: string }> {
    this.#world ??= (async () => {
      const store = new ChrootStore(join(this.dir, 'world'));
      return { store, path: await store.add(nix, this.tree()) };
    })();
    return await this.#world;
  }

  async ceph(): Promise<Ceph | undefined> {
    this.#ceph ??= startCeph();
    return await this.#ceph;
  }

  /** A fresh name in the directory. */
  place(name: string): string {
    return join(this.dir, name);
  }

  /** Removes what a round made. Paths of a Nix store are not writable. */
  async remove(path: string): Promise<void> {
    try {
      execFileSync('chmod', ['-R', 'u+w', path], { stdio: 'ignore' });
    } catch {
      // it is not there
    }
    await rm(path, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await (await this.#ceph)?.stop();
    await this.remove(this.dir);
  }
}

/** Binary caches of one narinfo, through which a Nix is asked about what stands in it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NixWorld, Outcome } from '../../test/support/nix.ts';

/** What the narinfo of a small file says; a member that is `undefined` is left out. */
export const FIELDS = {
  StorePath: '/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt',
  URL: 'nar/04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw.nar',
  Compression: 'none',
  FileHash: 'sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw',
  FileSize: '120',
  NarHash: 'sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw',
  NarSize: '120',
  References: '',
} as const;

/** A narinfo with some of the fields replaced, added, or left out; several lines of one by a list. */
export function narInfoText(
  changes: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): string {
  return Object.entries({ ...FIELDS, ...changes })
    .flatMap(([name, values]) =>
      values === undefined ? [] : [values].flat().map((value) => `${name}: ${value}\n`),
    )
    .join('');
}

/** The path that a narinfo is of. */
export function pathOf(narInfo: string): string {
  return /^StorePath: (.*)$/m.exec(narInfo)?.[1] ?? '';
}

/** A cache with this narinfo alone. */
export class FileCache {
  readonly #world: NixWorld;
  /** Of the cache. */
  readonly url: string;
  /** The narinfo. */
  readonly file: string;

  private constructor(world: NixWorld, dir: string, file: string) {
    this.#world = world;
    this.url = `file://${dir}`;
    this.file = file;
  }

  /** @param name of the directory, unique in the world. */
  static async create(world: NixWorld, name: string, narInfo: string): Promise<FileCache> {
    const dir = join(world.dir, name);
    await mkdir(dir);
    await writeFile(join(dir, 'nix-cache-info'), 'StoreDir: /nix/store\n');
    const [hashPart = ''] = pathOf(narInfo).replace('/nix/store/', '').split('-');
    const file = join(dir, `${hashPart}.narinfo`);
    await writeFile(file, narInfo);
    return new FileCache(world, dir, file);
  }

  /** Runs `nix <args> --store <the cache>` where the store directory is /nix/store. */
  async nix(args: readonly string[]): Promise<Outcome> {
    const env = { NIX_STORE_DIR: '/nix/store', NIX_REMOTE: 'dummy://' };
    return await this.#world.try('nix', [...args, '--store', this.url], env);
  }
}

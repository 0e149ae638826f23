/**
 * Which paths a target gets.
 */
import { type PathInfo, validSigners } from 'narkit/narinfo';
import { nixCacheSettings, readNixConf, readSecretKeyFile } from 'narkit/node';
import { Keyring, type PublicKey, printPublicKey, toPublicKey } from 'narkit/signature';
import { pathName, type StorePath } from 'narkit/store-path';
import type { FilterConfig } from './config.ts';
import { matchesName } from './name-pattern.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The filters that need nothing but the path and its info. */
export class Filters {
  readonly #config: FilterConfig;
  readonly #storeDir: string;
  readonly #keys: readonly PublicKey[];

  /** @throws TypeError where `substituters` cannot be told from this machine's own keys */
  static async open(config: FilterConfig, storeDir: string, env: Environment): Promise<Filters> {
    const named = config.skipSignedBy.filter((key) => key !== 'substituters');
    const all = named.length < config.skipSignedBy.length;
    return new Filters(config, storeDir, [...named, ...(all ? await substituterKeys(env) : [])]);
  }

  private constructor(config: FilterConfig, storeDir: string, keys: readonly PublicKey[]) {
    this.#config = config;
    this.#storeDir = storeDir;
    this.#keys = keys;
  }

  /** Whether the cache may lack references of what is in it. */
  get prune(): boolean {
    const { includeNames, excludeNames, maxNarSize, upstreams } = this.#config;
    const some = [includeNames, excludeNames, upstreams, this.#keys].some((list) => list.length > 0);
    return some || maxNarSize !== undefined;
  }

  /** Why a path of this name is left out, if it is. */
  byName(path: StorePath): string | undefined {
    const { includeNames, excludeNames } = this.#config;
    const name = pathName(path);
    const excluded = excludeNames.find((pattern) => matchesName(pattern, name));
    if (excluded !== undefined) return `its name matches exclude-names '${excluded}'`;
    if (includeNames.length === 0 || includeNames.some((pattern) => matchesName(pattern, name)))
      return undefined;
    return 'its name matches none of include-names';
  }

  /** @param own keys of the target: their signatures are no reason to leave a path out. */
  reason(info: PathInfo, own: readonly PublicKey[]): string | undefined {
    const byName = this.byName(info.storePath);
    if (byName !== undefined) return byName;
    const { maxNarSize } = this.#config;
    if (maxNarSize !== undefined && info.narSize > maxNarSize)
      return `its NAR has ${info.narSize} bytes, more than max-nar-size`;
    const mine = new Set(own.map(printPublicKey));
    const keyring = new Keyring(this.#keys.filter((key) => !mine.has(printPublicKey(key))));
    const [signer] = validSigners(info, keyring, { storeDir: this.#storeDir });
    return signer === undefined ? undefined : `signed by ${signer}`;
  }
}

/**
 * The trusted keys of nix.conf, without those this machine signs with: what it builds bears their signatures
 * before it was ever uploaded, and would never be.
 */
async function substituterKeys(env: Environment): Promise<PublicKey[]> {
  const { trustedPublicKeys, secretKeyFiles } = nixCacheSettings(await readNixConf({ env }));
  const own = new Set<string>();
  for (const file of secretKeyFiles) {
    try {
      own.add(printPublicKey(toPublicKey(await readSecretKeyFile(file))));
    } catch (cause) {
      throw new TypeError(
        `skip-signed-by: cannot tell which of the trusted-public-keys is this machine's own (${(cause as Error).message}); name the keys instead of 'substituters'`,
        { cause },
      );
    }
  }
  return trustedPublicKeys.filter((key) => !own.has(printPublicKey(key)));
}

/**
 * What nix.conf says of binary caches, with Nix's defaults.
 *
 * @module
 */
import { join } from 'node:path';
import { isNarkitError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import { type PublicKey, parsePublicKey, toPublicKey } from '../signature/key.ts';
import { Keyring } from '../signature/signature.ts';
import { type ReadSecretKeyFileOptions, readSecretKeyFile } from './key-file.ts';
import type { NixConf } from './nix-conf.ts';

/** The settings of Nix that are about binary caches. */
export interface NixCacheSettings {
  /** URLs of `substituters`, in their order. */
  readonly substituters: readonly string[];
  /** URLs of `trusted-substituters`: those that users may add. */
  readonly trustedSubstituters: readonly string[];
  /** `trusted-public-keys`. */
  readonly trustedPublicKeys: readonly PublicKey[];
  /** `secret-key-files`: paths, as written. */
  readonly secretKeyFiles: readonly string[];
  /** `netrc-file`; `undefined` where it is set to nothing. */
  readonly netrcFile: string | undefined;
  /** `require-sigs`. */
  readonly requireSigs: boolean;
}

/**
 * The settings for binary caches.
 *
 * @throws ParseError `ERR_PARSE_KEY`, `ERR_PARSE_NIX_CONF`
 *
 * @example
 * ```ts
 * import { NixConf, nixCacheSettings } from 'narkit/node';
 *
 * console.log(nixCacheSettings(new NixConf([])).substituters); // [ 'https://cache.nixos.org/' ]
 * ```
 */
export function nixCacheSettings(conf: NixConf): NixCacheSettings {
  const keys = conf.list('trusted-public-keys', [
    'cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=',
  ]);
  const netrcFile = conf.get('netrc-file') ?? join(conf.confDir, 'netrc');
  return {
    substituters: conf.list('substituters', ['https://cache.nixos.org/']),
    trustedSubstituters: conf.list('trusted-substituters'),
    trustedPublicKeys: keys.map(parsePublicKey),
    secretKeyFiles: conf.list('secret-key-files'),
    netrcFile: netrcFile === '' ? undefined : netrcFile,
    requireSigs: conf.boolean('require-sigs', true),
  };
}

/**
 * The keys whose signatures Nix would count: `trusted-public-keys`, and the public halves of those
 * `secret-key-files` that can be read. Of keys with one name the first counts.
 *
 * @param options for the secret key files, as {@link readSecretKeyFile} takes them
 * @throws ParseError `ERR_PARSE_KEY`, `ERR_PARSE_NIX_CONF`
 *
 * @example
 * ```ts
 * import { keyringFromNixConf, NixConf } from 'narkit/node';
 *
 * const keyring = await keyringFromNixConf(new NixConf([]));
 * console.log(keyring.keyNames); // [ 'cache.nixos.org-1' ]
 * ```
 */
export async function keyringFromNixConf(
  conf: NixConf,
  options: ReadSecretKeyFileOptions = {},
): Promise<Keyring> {
  checkOptions('keyringFromNixConf', options, ['onProblem']);
  const { trustedPublicKeys, secretKeyFiles } = nixCacheSettings(conf);
  const keys = [...trustedPublicKeys];
  for (const file of secretKeyFiles) {
    try {
      keys.push(toPublicKey(await readSecretKeyFile(file, options)));
    } catch (err) {
      // Secret keys are for root; whoever may not read them has no use for their halves in Nix either.
      if (!isNarkitError(err, 'ERR_FILE_IO')) throw err;
    }
  }
  return new Keyring(keys);
}

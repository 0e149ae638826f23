/**
 * Whether what is signed here will be believed: on this machine now, and on consumers by the lines to add there.
 */
import { isNarkitError } from 'narkit';
import { nixCacheSettings, parseStoreUrl, readNixConf } from 'narkit/node';
import { printPublicKey } from 'narkit/signature';
import { placeOf } from './conflicts.ts';
import type { Findings, Say } from './finding.ts';
import { publicKeys } from './keys.ts';
import type { Surroundings } from './surroundings.ts';

export async function* trust({ config, storeDir, hookEnv }: Surroundings, say: Say): Findings {
  const conf = await readNixConf({ env: hookEnv });
  const { trustedPublicKeys, substituters } = nixCacheSettings(conf);
  const trusted = new Map(trustedPublicKeys.map((key) => [key.name, printPublicKey(key)]));
  const nixConf = `${conf.confDir}/nix.conf`;
  const told = new Set<string>();
  for (const target of config?.targets ?? []) {
    for (const [file, key] of await publicKeys(target, storeDir)) {
      const text = printPublicKey(key);
      if (told.has(text)) continue;
      told.add(text);
      const here = trusted.get(key.name);
      if (here === text) yield say.ok(`the key ${key.name} is among the trusted-public-keys of this machine`);
      else if (here !== undefined)
        yield say.error(
          `trusted-public-keys of this machine has another key named ${key.name} than the half of ${file}`,
          `replace it in ${nixConf} by ${text}, here and on consumers`,
        );
      else
        yield say.warning(
          `the key ${key.name} is not among the trusted-public-keys of this machine; consumers need it`,
          `on every consumer, in nix.conf: extra-trusted-public-keys = ${text}`,
        );
    }
    const url = urlOf(target.cacheUrl(storeDir));
    if (url === undefined) continue;
    const place = placeOf(url);
    const among = substituters.map(urlOf).some((one) => one !== undefined && placeOf(one) === place);
    if (among) yield say.ok(`the cache of ${target.name} is among the substituters of this machine`);
    else
      yield say.warning(
        `the cache of ${target.name} is not among the substituters of this machine; consumers need it`,
        'on every consumer, in nix.conf: extra-substituters = URL of the cache, without secrets',
      );
  }
}

/** Of a binary cache; other stores, such as ssh, are not ours. */
function urlOf(text: string): ReturnType<typeof parseStoreUrl> | undefined {
  try {
    return parseStoreUrl(text);
  } catch (error) {
    if (isNarkitError(error)) return undefined;
    throw error;
  }
}

/**
 * The configuration of one target.
 */
import { nodeCodecs, parseStoreUrl } from 'narkit/node';
import type { PublicKey } from 'narkit/signature';
import { parsePublicKey } from 'narkit/signature';
import { SettingValues } from './setting-values.ts';
import { keyFile, namePattern, outputName } from './setting-words.ts';
import type { Settings } from './settings.ts';

/** Which paths a target gets. */
export interface FilterConfig {
  /** Patterns over names (without the hash part); none: every name. */
  readonly includeNames: readonly string[];
  readonly excludeNames: readonly string[];
  /** Bytes. */
  readonly maxNarSize: number | undefined;
  /** Keys; `substituters` stands for the trusted ones of nix.conf. */
  readonly skipSignedBy: readonly (PublicKey | 'substituters')[];
  /** Store URLs. */
  readonly upstreams: readonly string[];
  /** Names of outputs; none: all. */
  readonly outputs: readonly string[];
}

/** A cache to upload to. */
export interface TargetConfig {
  readonly name: string;
  /** Store URL of the cache, with the compression and the store directory filled in. May hold a password. */
  readonly cacheUrl: (storeDir: string) => string;
  readonly secretKeyFiles: readonly string[];
  readonly allowUnsigned: boolean;
  readonly concurrency: number | undefined;
  readonly filters: FilterConfig;
  readonly uploadDerivation: boolean;
  readonly buildClosure: boolean;
  readonly uploadLog: boolean;
}

/** @param everywhere what counts where the section (`own`) says nothing, the more important first */
export function readTarget(
  name: string,
  file: string,
  own: Settings,
  everywhere: readonly Settings[],
): TargetConfig {
  const values = new SettingValues(own, ...everywhere);
  const cache = values.text('cache');
  if (cache === undefined) {
    const place = own.size === 0 ? file : `section [${name}] of ${file}`;
    throw new TypeError(`no cache to upload to: set 'cache = URL' in ${place}, or pass --cache URL`);
  }
  const compressions = ['none', ...nodeCodecs.map((codec) => codec.name)];
  const compression = values.oneOf('compression', compressions);
  const cacheUrl = (storeDir: string): string => withParameters(cache, { compression, store: storeDir });
  values.read('cache', () => parseStoreUrl(cacheUrl('/nix/store')));
  return {
    name,
    cacheUrl,
    secretKeyFiles: values.list('secret-key-files', keyFile),
    allowUnsigned: values.boolean('allow-unsigned'),
    concurrency: values.integer('concurrency', 1, 256),
    filters: {
      includeNames: values.list('include-names', namePattern),
      excludeNames: values.list('exclude-names', namePattern),
      maxNarSize: values.size('max-nar-size'),
      skipSignedBy: values.list('skip-signed-by', (word) =>
        word === 'substituters' ? word : parsePublicKey(word),
      ),
      upstreams: values.list('upstream', (url) => {
        parseStoreUrl(url);
        return url;
      }),
      outputs: values.list('outputs', outputName),
    },
    uploadDerivation: values.boolean('upload-derivation'),
    buildClosure: values.boolean('build-closure'),
    uploadLog: values.boolean('upload-log'),
  };
}

function withParameters(url: string, parameters: Readonly<Record<string, string | undefined>>): string {
  let out = url;
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || new RegExp(`[?&]${name}=`).test(out)) continue;
    out += `${out.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;
  }
  return out;
}

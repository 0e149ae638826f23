/**
 * From a store URL to a store.
 *
 * @module
 */
import { UnsupportedError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import { HttpStore } from '../store/http.ts';
import type { HttpStoreOptions } from '../store/http-options.ts';
import type { ListableStore, WritableStore } from '../store/store.ts';
import { FileStore } from './file-store.ts';
import { parseStoreUrl } from './store-url.ts';
import type { HttpStoreUrl, S3StoreUrl, StoreUrl } from './store-url-types.ts';

/** Options of {@link openStore}. */
export interface OpenStoreOptions {
  /** For http(s): what sends the requests. @default the global `fetch` */
  fetch?: NonNullable<HttpStoreOptions['fetch']>;
  /** For http(s): header fields of every request. @default none */
  headers?: NonNullable<HttpStoreOptions['headers']>;
}

/**
 * Opens the store a URL names: a `FileStore`, an `HttpStore` or an `S3Store`. Nothing is created, and
 * no server is asked. Uses the location and the `store` part of the URL; the `cache` part is for what is
 * built on the store.
 *
 * S3 credentials are those of the `profile`, or of the SDK's usual chain (environment, configuration, container,
 * machine); where the chain finds none, requests go out unsigned, as Nix's do, which suffices for public buckets.
 *
 * @param url text, or what `parseStoreUrl` made of it
 * @throws ParseError `ERR_PARSE_STORE_URL`
 * @throws UnsupportedError for s3 when `@aws-sdk/client-s3` is not installed, and as `parseStoreUrl` does
 *
 * @example
 * ```ts
 * import { openStore } from 'narkit/node';
 *
 * const store = await openStore('file:///tmp/nix-cache');
 * console.log(store.name); // file:///tmp/nix-cache
 * ```
 */
export async function openStore(
  url: string | StoreUrl,
  options: OpenStoreOptions = {},
): Promise<WritableStore | (WritableStore & ListableStore)> {
  checkOptions('openStore', options, ['fetch', 'headers']);
  const parsed = typeof url === 'string' ? parseStoreUrl(url) : url;
  switch (parsed.scheme) {
    case 'file':
      return new FileStore(parsed.directory);
    case 'http':
    case 'https':
      return openHttp(parsed, options);
    case 's3':
      return await openS3(parsed);
  }
}

function openHttp(parsed: HttpStoreUrl, options: OpenStoreOptions): HttpStore {
  const { retryAttempts, retryDelayMs, retryMaxDelayMs } = parsed.store;
  const url = new URL(parsed.url);
  url.username = parsed.username ?? '';
  url.password = parsed.password ?? '';
  return new HttpStore(url, {
    ...options,
    retry: {
      ...(retryAttempts !== undefined && { attempts: retryAttempts }),
      ...(retryDelayMs !== undefined && { minDelayMs: retryDelayMs }),
      ...(retryMaxDelayMs !== undefined && { maxDelayMs: retryMaxDelayMs }),
    },
  });
}

async function openS3({ bucket, prefix, store }: S3StoreUrl): Promise<WritableStore & ListableStore> {
  const { createS3Client, S3Store } = await loadS3();
  const { endpoint, region, profile, addressingStyle, partSize, storageClass } = store;
  const settings = {
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...(profile !== undefined && { profile }),
    ...(addressingStyle !== 'auto' && { pathStyle: addressingStyle === 'path' }),
  };
  let client = createS3Client(settings);
  // A profile that was named and has no credentials is a mistake; no credentials at all are a public bucket.
  if (profile === undefined && !(await hasCredentials(client.config.credentials))) {
    client.destroy();
    client = createS3Client({ ...settings, credentials: 'anonymous' });
  }
  return new S3Store({
    client,
    bucket,
    ...(prefix !== undefined && { prefix }),
    ...(partSize !== undefined && { partSize }),
    ...(storageClass !== undefined && { storageClass }),
  });
}

async function hasCredentials(provider: () => Promise<unknown>): Promise<boolean> {
  try {
    await provider();
    return true;
  } catch (err) {
    if (err instanceof Error && err.name === 'CredentialsProviderError') return false;
    throw err;
  }
}

async function loadS3(): Promise<typeof import('../s3/index.ts')> {
  try {
    return await import('../s3/index.ts');
  } catch (err) {
    const { code } = err as { code?: unknown };
    if (code !== 'ERR_MODULE_NOT_FOUND' || !String(err).includes('@aws-sdk/client-s3')) throw err;
    throw new UnsupportedError(
      's3:// needs a package that is not installed: npm install @aws-sdk/client-s3',
      {
        feature: 'store s3',
        cause: err,
      },
    );
  }
}

/**
 * From a store URL to a store.
 *
 * @module
 */
import { fromUtf8 } from '../bytes/bytes.ts';
import { NarError, ParseError, UnsupportedError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import type { HeaderFields, HttpStoreOptions } from '../store/http-options.ts';
import type { ListableStore, WritableStore } from '../store/store.ts';
import { FileStore } from './file-store.ts';
import { netrcHeaders, parseNetrc } from './netrc.ts';
import { readSmallFile } from './small-file.ts';
import { parseStoreUrl } from './store-url.ts';
import type { HttpStoreUrl, S3StoreUrl, StoreUrl } from './store-url-types.ts';

/** Options of {@link openStore}. */
export interface OpenStoreOptions {
  /** For http(s): what sends the requests. @default the global `fetch` */
  fetch?: NonNullable<HttpStoreOptions['fetch']>;
  /** For http(s): header fields of every request. @default none */
  headers?: NonNullable<HttpStoreOptions['headers']>;
  /**
   * For http(s): a netrc file with user names and passwords, such as nix.conf's `netrc-file`; one that is not
   * there has none. A password in the URL and an `authorization` among the `headers` come first. @default none
   */
  netrcFile?: string;
  /** For http(s) and s3: tries of a request in all; `retry-attempts` of the URL comes first. @default 5 */
  attempts?: number;
  /**
   * For http(s) and s3: milliseconds for a connection to come about; for http(s) also until the answer to a
   * request without a body. @default 15000
   */
  timeoutMs?: number;
  /**
   * For http(s) and s3: milliseconds in which nothing moves, after which a request or a body fails. An upload that
   * goes on, however slowly, is not cut. @default 300000 for http(s), 60000 for s3
   */
  stallTimeoutMs?: number;
  /** For file: what was put would survive a power failure, as with `FileStoreOptions.sync`. @default false */
  sync?: boolean;
}

/** Far beyond any real netrc file. */
const MAX_NETRC_SIZE = 1024 * 1024;

/**
 * Opens the store a URL names: a `FileStore`, an `HttpStore` or an `S3Store`. Nothing is created, and
 * no server is asked. Uses the location and the `store` part of the URL; the `cache` part is for what is
 * built on the store.
 *
 * S3 credentials are those of the `profile`, or of the SDK's usual chain (environment, configuration, container,
 * machine); where the chain finds none, requests go out unsigned, as Nix's do, which suffices for public buckets.
 *
 * @param url text, or what `parseStoreUrl` made of it
 * @throws ParseError `ERR_PARSE_STORE_URL`, `ERR_PARSE_NETRC`
 * @throws NarError `ERR_FILE_IO` for a netrc file that is there and cannot be read
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
  checkOpenStoreOptions('openStore', options);
  const parsed = typeof url === 'string' ? parseStoreUrl(url) : url;
  switch (parsed.scheme) {
    case 'file':
      return new FileStore(parsed.directory, { sync: options.sync ?? false });
    case 'http':
    case 'https':
      return await openHttp(parsed, options);
    case 's3':
      return await openS3(parsed, options);
  }
}

/** @throws TypeError for an option that there is not. */
export function checkOpenStoreOptions(where: string, options: OpenStoreOptions): void {
  checkOptions(where, options, [
    'fetch',
    'headers',
    'netrcFile',
    'attempts',
    'timeoutMs',
    'stallTimeoutMs',
    'sync',
  ]);
}

async function openHttp(
  parsed: HttpStoreUrl,
  { fetch, headers = {}, netrcFile, attempts, timeoutMs, stallTimeoutMs }: OpenStoreOptions,
): Promise<WritableStore> {
  // Loaded when asked for: programs that work with files start sooner.
  const { HttpStore } = await import('../store/http.ts');
  const { retryAttempts = attempts, retryDelayMs, retryMaxDelayMs } = parsed.store;
  const url = new URL(parsed.url);
  url.username = parsed.username ?? '';
  url.password = parsed.password ?? '';
  return new HttpStore(url, {
    ...(fetch !== undefined && { fetch }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(stallTimeoutMs !== undefined && { stallTimeoutMs }),
    headers: netrcFile === undefined ? headers : withLogin(await readLogin(netrcFile, url), headers),
    retry: {
      ...(retryAttempts !== undefined && { attempts: retryAttempts }),
      ...(retryDelayMs !== undefined && { minDelayMs: retryDelayMs }),
      ...(retryMaxDelayMs !== undefined && { maxDelayMs: retryMaxDelayMs }),
    },
  });
}

/** `headers` over those of the login: the later of one name counts, whatever its case. */
function withLogin(
  login: HeaderFields,
  headers: NonNullable<OpenStoreOptions['headers']>,
): () => Promise<HeaderFields> {
  return async () => ({ ...login, ...(typeof headers === 'function' ? await headers() : headers) });
}

async function readLogin(path: string, url: URL): Promise<HeaderFields> {
  let bytes: Uint8Array | undefined;
  try {
    ({ bytes } = await readSmallFile(path, MAX_NETRC_SIZE));
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ENOENT') return {};
    throw new NarError('ERR_FILE_IO', `cannot read netrc file '${path}': ${(cause as Error).message}`, {
      path,
      cause,
    });
  }
  if (bytes === undefined)
    throw new ParseError('ERR_PARSE_NETRC', `netrc file '${path}' is larger than ${MAX_NETRC_SIZE} bytes`);
  const text = fromUtf8(bytes);
  if (text === undefined) throw new ParseError('ERR_PARSE_NETRC', `netrc file '${path}' is not UTF-8`);
  return netrcHeaders(parseNetrc(text), url);
}

async function openS3(
  { bucket, prefix, store }: S3StoreUrl,
  { attempts, timeoutMs, stallTimeoutMs }: OpenStoreOptions,
): Promise<WritableStore & ListableStore> {
  const { createS3Client, S3Store } = await loadS3();
  const { endpoint, region, profile, addressingStyle, partSize, storageClass } = store;
  const settings = {
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...(profile !== undefined && { profile }),
    ...(attempts !== undefined && { attempts }),
    ...(timeoutMs !== undefined && { connectTimeoutMs: timeoutMs }),
    ...(stallTimeoutMs !== undefined && { idleTimeoutMs: stallTimeoutMs }),
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

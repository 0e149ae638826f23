/**
 * What the parameters of a store URL mean.
 *
 * @module
 */
import { UnsupportedError } from '../errors.ts';
import { bad, type StoreUrlQuery } from './store-url-query.ts';
import type { HttpStoreUrl, S3StoreUrl, StoreUrlCache } from './store-url-types.ts';

/** Nix's names for the `Compression` field. */
const COMPRESSIONS = [
  'none',
  'xz',
  'zstd',
  'bzip2',
  'gzip',
  'br',
  'lz4',
  'lzip',
  'lzma',
  'compress',
  'grzip',
  'lrzip',
  'lzop',
] as const;

const MiB = 2 ** 20;
const YEAR_MS = 366 * 86_400_000;

/** Parameters of every binary cache. */
export function readCacheParameters(query: StoreUrlQuery): StoreUrlCache {
  query.integer('path-info-cache-size', 0);
  query.unsupported(
    'index-debug-info',
    ['false', 'no', '0'],
    'debug information is not indexed on publishing',
  );
  query.unsupported('local-nar-cache', [''], 'NARs are not kept on disk when reading');
  for (const name of ['narinfo-compression', 'ls-compression', 'log-compression']) {
    query.unsupported(name, [''], 'bodies are stored as they are, without Content-Encoding');
  }
  const storeDir = query.text('store') ?? '/nix/store';
  if (!/^\/.*[^/]$/s.test(storeDir)) throw bad('store', `is '${storeDir}': expected an absolute path`);
  const compression = query.oneOf('compression', COMPRESSIONS);
  const compressionLevel = query.integer('compression-level', -1, 1000);
  const parallelCompression = query.boolean('parallel-compression');
  const priority = query.integer('priority', -(2 ** 31), 2 ** 31 - 1);
  const wantMassQuery = query.boolean('want-mass-query');
  const secretKey = query.text('secret-key');
  return {
    storeDir,
    ...(compression !== undefined && { compression }),
    ...(compressionLevel !== undefined && compressionLevel >= 0 && { compressionLevel }),
    ...(parallelCompression !== undefined && { parallelCompression }),
    writeNarListing: query.boolean('write-nar-listing') ?? false,
    secretKeyFiles: [
      ...(secretKey === undefined ? [] : [secretKey]),
      ...(query.text('secret-keys') ?? '').split(',').filter((file) => file !== ''),
    ],
    ...(priority !== undefined && { priority }),
    ...(wantMassQuery !== undefined && { wantMassQuery }),
    trusted: query.boolean('trusted') ?? false,
  };
}

/** Parameters of http(s) stores. */
export function readHttpParameters(query: StoreUrlQuery): HttpStoreUrl['store'] {
  const tls = 'pass a `fetch` that knows the certificate to HttpStore instead';
  query.unsupported('tls-certificate', [''], tls);
  query.unsupported('tls-private-key', [''], tls);
  query.unsupported('retry-delay-rate-limited', [], 'Retry-After and retry-delay say how long to wait');
  const retryAttempts = query.integer('retry-attempts', 1, 1000);
  const retryDelayMs = query.integer('retry-delay', 0, YEAR_MS);
  const retryMaxDelayMs = query.integer('retry-max-delay', 0, YEAR_MS);
  return {
    ...(retryAttempts !== undefined && { retryAttempts }),
    ...(retryDelayMs !== undefined && { retryDelayMs }),
    ...(retryMaxDelayMs !== undefined && { retryMaxDelayMs }),
  };
}

/** Parameters of s3 stores. */
export function readS3Parameters(query: StoreUrlQuery): S3StoreUrl['store'] {
  query.integer('multipart-threshold', 0);
  query.unsupported(
    'multipart-upload',
    ['true', 'yes', '1'],
    'bodies of more than one part are always sent in parts',
  );
  const region = query.text('region') ?? 'us-east-1';
  if (!/^[A-Za-z0-9-]+$/.test(region))
    throw bad('region', `is '${region}': expected a name such as eu-central-1`);
  const endpoint = readEndpoint(query);
  const profile = query.text('profile');
  const storageClass = query.text('storage-class');
  const [chunkName, otherName] = query.text('buffer-size')
    ? ['buffer-size', 'multipart-chunk-size']
    : ['multipart-chunk-size', 'buffer-size'];
  const partSize = query.integer(chunkName as string, 5 * MiB, 5 * 1024 * MiB);
  if (partSize !== undefined && query.text(otherName as string)) {
    throw bad('buffer-size', 'is the older name of multipart-chunk-size: give one of them');
  }
  return {
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...(profile !== undefined && { profile }),
    addressingStyle: query.oneOf('addressing-style', ['auto', 'path', 'virtual']) ?? 'auto',
    ...(partSize !== undefined && { partSize }),
    ...(storageClass !== undefined && { storageClass }),
  };
}

function readEndpoint(query: StoreUrlQuery): string | undefined {
  const scheme = query.oneOf('scheme', ['https', 'http']);
  const text = query.text('endpoint');
  if (text === undefined) {
    if (scheme !== 'http') return undefined;
    throw new UnsupportedError(
      "store URL: parameter 'scheme' is not supported without 'endpoint': Amazon's is https",
      {
        feature: 'store parameter scheme',
      },
    );
  }
  const whole = /^https?:\/\//i.test(text) ? text : `${scheme ?? 'https'}://${text}`;
  const url = text.includes('://') && whole !== text ? null : URL.parse(whole);
  // Not quoted: it may hold a password.
  if (url === null) throw bad('endpoint', 'is not a URL such as https://minio.example.com, nor a host');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw bad('endpoint', 'must have neither credentials nor query nor fragment');
  }
  return url.href.replace(/\/+$/, '');
}

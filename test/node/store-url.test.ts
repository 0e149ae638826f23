import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { ParseError, UnsupportedError } from '../../src/errors.ts';
import { parseStoreUrl } from '../../src/node/store-url.ts';

const MiB = 2 ** 20;
const plain = { storeDir: '/nix/store', writeNarListing: false, secretKeyFiles: [], trusted: false };
const s3 = { region: 'us-east-1', addressingStyle: 'auto' };

test('locations', () => {
  const cases: [string, object][] = [
    ['file:///var/cache', { scheme: 'file', directory: '/var/cache', store: {}, cache: plain }],
    ['FILE:/var/cache//', { scheme: 'file', directory: '/var/cache', store: {}, cache: plain }],
    ['file:///', { scheme: 'file', directory: '/', store: {}, cache: plain }],
    // Measured with Nix 2.34: `%20` is decoded, `+` is not.
    ['file:///a%20b+c/%C3%A9', { scheme: 'file', directory: '/a b+c/é', store: {}, cache: plain }],
    ['/plain/100%/a b#c', { scheme: 'file', directory: '/plain/100%/a b#c', store: {}, cache: plain }],
    [
      'https://cache.example.org',
      { scheme: 'https', url: 'https://cache.example.org', store: {}, cache: plain },
    ],
    ['http://h:8080/a%20b/c+d/', { scheme: 'http', url: 'http://h:8080/a%20b/c+d', store: {}, cache: plain }],
    [
      'https://me:p%40ss@h/x?',
      { scheme: 'https', url: 'https://h/x', username: 'me', password: 'p%40ss', store: {}, cache: plain },
    ],
    ['s3://bucket', { scheme: 's3', bucket: 'bucket', store: s3, cache: plain }],
    ['s3://my.bucket_1/', { scheme: 's3', bucket: 'my.bucket_1', store: s3, cache: plain }],
    // Measured with Nix 2.34: it asks for /bucket/pre/fix/nix-cache-info.
    [
      's3://bucket/pre/fi%20x/',
      { scheme: 's3', bucket: 'bucket', prefix: 'pre/fi x', store: s3, cache: plain },
    ],
  ];
  for (const [text, expected] of cases) assert.deepEqual(parseStoreUrl(text), expected, text);
});

test('parameters of every cache', () => {
  const parse = (query: string) => parseStoreUrl(`file:///c?${query}`).cache;
  assert.deepEqual(
    parse(
      'store=/gnu/store&compression=zstd&compression-level=19&parallel-compression=yes&write-nar-listing=1' +
        '&secret-key=/etc/k1&secret-keys=/etc/k2,/etc/k3&priority=-5&want-mass-query=no&trusted=true',
    ),
    {
      storeDir: '/gnu/store',
      compression: 'zstd',
      compressionLevel: 19,
      parallelCompression: true,
      writeNarListing: true,
      secretKeyFiles: ['/etc/k1', '/etc/k2', '/etc/k3'],
      priority: -5,
      wantMassQuery: false,
      trusted: true,
    },
  );
  assert.deepEqual(parse('compression-level=-1&secret-key=&secret-keys=&compression='), plain);
  assert.deepEqual(parse('&&path-info-cache-size=1&system-features=kvm,big-parallel&'), plain);
  assert.deepEqual(parse('index-debug-info=false&local-nar-cache='), plain);
  assert.deepEqual(parse('secret-key=/a%26b+c%3D%20d').secretKeyFiles, ['/a&b+c= d']);
  assert.equal(parse('priority=1K').priority, 1024, 'units, as Nix has them');
});

test('parameters of s3 stores', () => {
  const parse = (query: string) => parseStoreUrl(`s3://bucket?${query}`).store;
  assert.deepEqual(
    parse(
      'region=eu-central-1&profile=ci&endpoint=https://minio.example.com/&addressing-style=virtual&storage-class=STANDARD_IA',
    ),
    {
      region: 'eu-central-1',
      profile: 'ci',
      endpoint: 'https://minio.example.com',
      addressingStyle: 'virtual',
      storageClass: 'STANDARD_IA',
    },
  );
  const endpoints: [string, string | undefined][] = [
    ['endpoint=h:9000', 'https://h:9000'],
    ['endpoint=127.0.0.1:9000&scheme=http', 'http://127.0.0.1:9000'],
    ['endpoint=http%3A%2F%2Fh%3A9000', 'http://h:9000'],
    ['endpoint=http://h/base&scheme=https', 'http://h/base'],
    ['endpoint=[::1]:80&scheme=http', 'http://[::1]'],
    ['endpoint=', undefined],
    ['scheme=https', undefined],
  ];
  for (const [query, endpoint] of endpoints) {
    assert.equal((parse(query) as { endpoint?: string }).endpoint, endpoint, query);
  }
  assert.deepEqual(parse('multipart-upload=true&multipart-threshold=100M&multipart-chunk-size=10M'), {
    ...s3,
    partSize: 10 * MiB,
  });
  assert.deepEqual(parse('buffer-size=5242880'), { ...s3, partSize: 5 * MiB });
  assert.deepEqual(parse('profile=&region=&storage-class='), s3);
});

test('parameters of http stores', () => {
  const url = parseStoreUrl(
    'https://h?retry-attempts=3&retry-delay=50&retry-max-delay=1000&narinfo-compression=',
  );
  assert.deepEqual(url.store, { retryAttempts: 3, retryDelayMs: 50, retryMaxDelayMs: 1000 });
});

test('what is wrong is refused, and the message helps', () => {
  const cases: [string, RegExp, string?][] = [
    ['file:///c?compresion=xz', /'compresion' is unknown \(did you mean 'compression'\?\)/, 'compresion'],
    ['file:///c?secretkey=/k', /did you mean 'secret-key'/, 'secretkey'],
    ['s3://bucket?reigon=x', /did you mean 'region'/, 'reigon'],
    ['s3://bucket?qqqqqqqqqqqq=x', /is unknown$/, 'qqqqqqqqqqqq'],
    ['file:///c?region=x', /one of s3 stores, not of file stores/, 'region'],
    ['s3://bucket?tls-certificate=x', /one of http stores/, 'tls-certificate'],
    ['file:///c?Compression=xz', /did you mean 'compression'/, 'Compression'],
    ['file:///c?compression=brotli', /'brotli': expected none, xz/, 'compression'],
    ['file:///c?compression=zst', /did you mean 'zstd'/, 'compression'],
    ['file:///c?compression-level=high', /whole number from -1/, 'compression-level'],
    ['file:///c?compression-level=', /whole number/, 'compression-level'],
    ['file:///c?priority=1e3', /whole number/, 'priority'],
    ['file:///c?priority=99999999999', /whole number/, 'priority'],
    ['file:///c?trusted=maybe', /expected true or false/, 'trusted'],
    ['file:///c?trusted=TRUE', /expected true or false/, 'trusted'],
    ['file:///c?trusted', /has no value/, 'trusted'],
    ['file:///c?priority=1&priority=2', /given twice/, 'priority'],
    ['file:///c?store=nix/store', /absolute path/, 'store'],
    ['file:///c?store=/nix/store/', /absolute path/, 'store'],
    ['file:///c?store=%', /percent-encoding in 'store'/],
    ['file:///c?store=%FF', /percent-encoding/],
    ['file:///c?store=/a#b', /%23/],
    ['s3://bucket?multipart-chunk-size=1M', /from 5242880 to 5368709120/, 'multipart-chunk-size'],
    ['s3://bucket?multipart-chunk-size=10X', /whole number/, 'multipart-chunk-size'],
    ['s3://bucket?multipart-chunk-size=9M&buffer-size=9M', /older name/, 'buffer-size'],
    ['s3://bucket?addressing-style=dns', /expected auto, path, virtual/, 'addressing-style'],
    ['s3://bucket?scheme=ftp', /expected https, http/, 'scheme'],
    ['s3://bucket?endpoint=ftp://h', /not a URL/, 'endpoint'],
    ['s3://bucket?endpoint=http://', /not a URL/, 'endpoint'],
    ['s3://bucket?endpoint=http://h/?x', /neither credentials nor query/, 'endpoint'],
    ['s3://bucket?region=eu/../x', /such as eu-central-1/, 'region'],
    ['https://h?retry-attempts=0', /from 1/, 'retry-attempts'],
    ['s3://', /s3:\/\/BUCKET/],
    ['s3:bucket', /s3:\/\/BUCKET/],
    ['s3://a', /s3:\/\/BUCKET/],
    ['s3://user:pw@bucket', /s3:\/\/BUCKET/],
    ['s3://bucket/a/../b', /segment/],
    ['s3://bucket//a', /segment/],
    ['s3://bucket/a#b', /%23/],
    ['https://h/a#b', /%23/],
    ['https://', /not a valid http URL/],
    ['https:h', /not a valid http URL/],
    ['file://relative/path', /absolute path/],
    ['file:relative', /absolute path/],
    ['file:///a%00b', /NUL/],
    ['file:///a%zz', /percent-encoding/],
    ['file:///a#b', /%23/],
    ['flie:///x', /unknown scheme 'flie' \(did you mean 'file'\?\)/],
    ['gopher://x', /unknown scheme 'gopher'$/],
    ['relative/path', /not a store URL/],
    ['', /not a store URL/],
  ];
  for (const [text, message, field] of cases) {
    assert.throws(
      () => parseStoreUrl(text),
      (err) => {
        assert.ok(err instanceof ParseError, `${text}: ${inspect(err)}`);
        assert.equal(err.code, 'ERR_PARSE_STORE_URL');
        assert.match(err.message, message, text);
        assert.equal(err.field, field, text);
        return true;
      },
      text,
    );
  }
});

test('what Nix can and we cannot is refused, not ignored', () => {
  const cases: [string, string][] = [
    ['file:///c?index-debug-info=true', 'store parameter index-debug-info'],
    ['file:///c?local-nar-cache=/x', 'store parameter local-nar-cache'],
    ['https://h?narinfo-compression=gzip', 'store parameter narinfo-compression'],
    ['s3://bucket?ls-compression=br', 'store parameter ls-compression'],
    ['s3://bucket?log-compression=xz', 'store parameter log-compression'],
    ['https://h?tls-private-key=/x', 'store parameter tls-private-key'],
    ['https://h?retry-delay-rate-limited=5', 'store parameter retry-delay-rate-limited'],
    ['s3://bucket?multipart-upload=false', 'store parameter multipart-upload'],
    ['s3://bucket?scheme=http', 'store parameter scheme'],
    ['daemon', 'store daemon'],
    ['local?root=/x', 'store local'],
    ['ssh-ng://host', 'store ssh-ng'],
    ['unix:///run/nix.socket', 'store unix'],
  ];
  for (const [text, feature] of cases) {
    assert.throws(
      () => parseStoreUrl(text),
      (err) => err instanceof UnsupportedError && err.feature === feature,
      text,
    );
  }
});

test('no message quotes a password', () => {
  for (const text of [
    'https://me:hunter2@h/x#y',
    'https://me:hunter2@',
    'https://me:hunter2@h:port/x',
    'https://me:hunter2@h?bogus=1',
    'htps://me:hunter2@h',
    's3://me:hunter2@bucket',
    's3://bucket?endpoint=https://me:hunter2@h',
    's3://bucket?endpoint=https://me:hunter2@h:port',
    'file://me:hunter2@h/x',
  ]) {
    assert.throws(
      () => parseStoreUrl(text),
      (err) => !inspect(err).includes('hunter2'),
      text,
    );
  }
});

test('law: any value survives percent-encoding', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (value) => {
      const encoded = encodeURIComponent(value);
      assert.deepEqual(parseStoreUrl(`/c?secret-key=${encoded}`).cache.secretKeyFiles, [value]);
    }),
  );
});

test('law: whatever the text, the outcome is a value or one of our errors', () => {
  const fragment = fc.constantFrom(
    's3',
    'file',
    'https',
    ':',
    '//',
    '/',
    'bucket',
    '?',
    '&',
    '=',
    '%',
    '%41',
    '#',
    '@',
    '1',
    'true',
    'region',
    'store',
    'priority',
    'compression',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(fragment, fc.string({ maxLength: 3 }))), (pieces) => {
      try {
        parseStoreUrl(pieces.join(''));
      } catch (err) {
        assert.ok(err instanceof ParseError || err instanceof UnsupportedError, inspect(err));
      }
    }),
    { numRuns: 2000 },
  );
});

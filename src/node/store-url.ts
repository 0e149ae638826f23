/**
 * Nix's store URLs of binary caches: one text that serves `nix.conf` and narkit.
 *
 * @module
 */
import { ParseError, UnsupportedError } from '../errors.ts';
import { nearest } from '../options.ts';
import { readCacheParameters, readHttpParameters, readS3Parameters } from './store-url-parameters.ts';
import { StoreUrlQuery } from './store-url-query.ts';
import type { HttpStoreUrl, S3StoreUrl, StoreUrl } from './store-url-types.ts';

/** Stores that Nix knows and that are no binary caches. */
const OTHER_STORES = ['auto', 'daemon', 'dummy', 'local', 'local-overlay', 'ssh', 'ssh-ng', 'unix'];
const SCHEMES = ['file', 'http', 'https', 's3'];

/**
 * Reads a store URL as Nix does: `file:///path` (or an absolute path, which Nix would take for a local
 * store), `http(s)://host/path`, `s3://bucket/prefix`, and after `?` Nix's parameters (percent-encoded; `+` is a
 * plus). Differs where Nix only warns or ignores: an unknown, misspelt, repeated or half parameter and a
 * `#fragment` are errors. Parameters that concern only Nix's own process (`path-info-cache-size`,
 * `system-features`) are checked and have no effect; so has `multipart-threshold`, because here a body that fits
 * into a part is sent in one piece and any other in parts. Needs no file and no network.
 *
 * @throws ParseError `ERR_PARSE_STORE_URL`, `field` being the parameter; never quotes credentials
 * @throws UnsupportedError for other kinds of stores and for parameters whose effect is not implemented
 *
 * @example
 * ```ts
 * import { parseStoreUrl } from 'narkit/node';
 *
 * const url = parseStoreUrl('s3://nix-cache?region=eu-central-1&compression=zstd&secret-key=/etc/nix/key');
 * console.log(url.scheme, url.cache.compression, url.cache.secretKeyFiles); // s3 zstd [ '/etc/nix/key' ]
 * ```
 */
export function parseStoreUrl(text: string): StoreUrl {
  const question = text.indexOf('?');
  const location = question < 0 ? text : text.slice(0, question);
  const rawQuery = question < 0 ? '' : text.slice(question + 1);
  if (location.startsWith('/')) {
    const query = new StoreUrlQuery(rawQuery, 'file');
    return { scheme: 'file', directory: trimSlashes(location), store: {}, cache: readCacheParameters(query) };
  }
  const match = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(location);
  const scheme = (match?.[1] ?? location).toLowerCase();
  const rest = match?.[2] ?? '';
  switch (scheme) {
    case 'file': {
      const query = new StoreUrlQuery(rawQuery, 'file');
      return { scheme, directory: filePath(rest), store: {}, cache: readCacheParameters(query) };
    }
    case 'http':
    case 'https': {
      const query = new StoreUrlQuery(rawQuery, 'http');
      return {
        scheme,
        ...httpLocation(location),
        store: readHttpParameters(query),
        cache: readCacheParameters(query),
      };
    }
    case 's3': {
      const query = new StoreUrlQuery(rawQuery, 's3');
      return {
        scheme,
        ...s3Location(rest),
        store: readS3Parameters(query),
        cache: readCacheParameters(query),
      };
    }
  }
  if (OTHER_STORES.includes(scheme)) {
    const message = `a store of kind '${scheme}' is not a binary cache; expected a file://, http(s):// or s3:// URL`;
    throw new UnsupportedError(message, { feature: `store ${scheme}` });
  }
  if (match === null)
    throw bad('not a store URL: expected file:///path, https://host/path, s3://bucket, or /path');
  const near = nearest(scheme, SCHEMES);
  throw bad(`unknown scheme '${scheme}'${near === undefined ? '' : ` (did you mean '${near}'?)`}`);
}

function bad(message: string): ParseError {
  return new ParseError('ERR_PARSE_STORE_URL', `store URL: ${message}`);
}

function filePath(rest: string): string {
  // `file:/path` is as good as `file:///path`; a host there is none.
  const path = rest.startsWith('//') ? rest.slice(2) : rest;
  if (!path.startsWith('/')) throw bad('a file URL needs an absolute path, as in file:///var/cache/nix');
  return trimSlashes(decode(path, 'path'));
}

function httpLocation(location: string): Pick<HttpStoreUrl, 'url' | 'username' | 'password'> {
  refuseFragment(location);
  const url = URL.parse(location);
  // Not quoted: what cannot be parsed may hold a password in any place.
  if (url === null || !/^https?:\/\//i.test(location)) throw bad('not a valid http URL');
  const { username, password } = url;
  url.username = '';
  url.password = '';
  return {
    url: url.href.replace(/\/+$/, ''),
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
  };
}

function s3Location(rest: string): Pick<S3StoreUrl, 'bucket' | 'prefix'> {
  refuseFragment(rest);
  const match = /^\/\/([^/]*)(?:\/(.*))?$/s.exec(rest);
  const bucket = match?.[1] ?? '';
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(bucket)) {
    throw bad('expected s3://BUCKET, the bucket a name of letters, digits, dots, dashes and underscores');
  }
  const prefix = decode(match?.[2] ?? '', 'prefix').replace(/\/+$/, '');
  if (prefix !== '' && prefix.split('/').some((segment) => ['', '.', '..'].includes(segment))) {
    throw bad(`bad prefix '${prefix}' after the bucket: empty, '.' or '..' segment`);
  }
  return { bucket, ...(prefix !== '' && { prefix }) };
}

function refuseFragment(text: string): void {
  if (text.includes('#')) throw bad("'#' begins a fragment, which a store URL has not; write it as %23");
}

function decode(text: string, what: string): string {
  refuseFragment(text);
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw bad(`bad percent-encoding in the ${what}`);
  }
  if (decoded.includes('\0')) throw bad(`NUL in the ${what}`);
  return decoded;
}

function trimSlashes(path: string): string {
  return path.replace(/\/+$/, '') || '/';
}

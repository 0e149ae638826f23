/**
 * Keys in the formats of others: OpenSSL, WebCrypto, libsodium, JSON Web Keys.
 *
 * | format      | secret key                             | public key                 |
 * | ----------- | -------------------------------------- | -------------------------- |
 * | `seed`      | the 32 bytes of RFC 8032               |                            |
 * | `libsodium` | 64 bytes: seed, public key             |                            |
 * | `raw`       |                                        | the 32 bytes of RFC 8032   |
 * | `pkcs8`     | DER (RFC 8410)                         |                            |
 * | `spki`      |                                        | DER (RFC 8410)             |
 * | `pem`       | the DER as `PRIVATE KEY`               | the DER as `PUBLIC KEY`    |
 * | `jwk`       | JSON Web Key (RFC 8037) with `x`, `d`  | JSON Web Key with `x`      |
 *
 * None of them has a place for the name that Nix gives to keys.
 *
 * @module
 */
import { ed25519PublicKey } from '#native';
import { equalBytes } from '../bytes/bytes.ts';
import { ParseError } from '../errors.ts';
import type { PublicJwk, SecretJwk } from './jwk.ts';
import { parsePublicJwk, parseSecretJwk, printPublicJwk, printSecretJwk } from './jwk.ts';
import type { PublicKey, SecretKey } from './key.ts';
import { checkKeyName, secretKeyFromSeed } from './key.ts';
import { parsePem, printPem } from './pem.ts';
import { parsePkcs8, parseSpki, printPkcs8, printSpki } from './pkcs8.ts';

/** The formats of secret keys, and what a key is in each. All of it is secret. */
export interface SecretKeyFormats {
  /** 32 bytes. */
  seed: Uint8Array;
  /** 64 bytes: the seed, then the public key. */
  libsodium: Uint8Array;
  /** DER; written without, read with or without the public key. */
  pkcs8: Uint8Array;
  /** A `PRIVATE KEY` block. */
  pem: string;
  jwk: SecretJwk;
}

/** The formats of public keys, and what a key is in each. */
export interface PublicKeyFormats {
  /** 32 bytes. */
  raw: Uint8Array;
  /** DER. */
  spki: Uint8Array;
  /** A `PUBLIC KEY` block. */
  pem: string;
  jwk: PublicJwk;
}

/**
 * A secret key for another program. {@link printSecretKey} writes it for Nix.
 *
 * @throws TypeError for a format that does not exist
 *
 * @example
 * ```ts
 * import { exportSecretKey, generateSecretKey, importSecretKey, printSecretKey } from 'narkit/signature';
 *
 * const key = generateSecretKey('cache.example.org-1');
 * const pem = exportSecretKey(key, 'pem'); // for `openssl pkey`
 * const again = importSecretKey('cache.example.org-1', 'pem', pem);
 * console.log(printSecretKey(again) === printSecretKey(key)); // true
 * ```
 */
export function exportSecretKey<F extends keyof SecretKeyFormats>(
  key: SecretKey,
  format: F,
): SecretKeyFormats[F] {
  const bytes = key.bytes;
  const seed = bytes.slice(0, 32);
  const printers: { [K in keyof SecretKeyFormats]: () => SecretKeyFormats[K] } = {
    seed: () => seed,
    libsodium: () => bytes,
    pkcs8: () => printPkcs8(seed),
    pem: () => printPem('PRIVATE KEY', printPkcs8(seed)),
    jwk: () => printSecretJwk(seed, bytes.subarray(32)),
  };
  return own(printers, format)();
}

/**
 * A secret key of another program, and the name that Nix shall know it by.
 *
 * @throws ParseError `ERR_PARSE_KEY` when it is damaged, of another algorithm, followed by other bytes,
 *   or has a public half that does not belong to it. No part of the key is in the message.
 * @throws TypeError for data that is no bytes, text or object, as the format wants
 *
 * @example
 * ```ts
 * import { importSecretKey, printPublicKey, toPublicKey } from 'narkit/signature';
 *
 * const key = importSecretKey('vector-1', 'seed', Uint8Array.from({ length: 32 }, (_, i) => i));
 * console.log(printPublicKey(toPublicKey(key))); // vector-1:A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=
 * ```
 */
export function importSecretKey<F extends keyof SecretKeyFormats>(
  name: string,
  format: F,
  data: F extends 'jwk' ? object : SecretKeyFormats[F],
): SecretKey {
  checkKeyName(name);
  const parsers: Record<
    keyof SecretKeyFormats,
    () => { seed: Uint8Array; publicKey?: Uint8Array | undefined }
  > = {
    seed: () => ({ seed: sized(bytesOf(data), 32) }),
    libsodium: () => split(sized(bytesOf(data), 64)),
    pkcs8: () => parsePkcs8(bytesOf(data)),
    pem: () => parsePkcs8(parsePem('PRIVATE KEY', textOf(data))),
    jwk: () => parseSecretJwk(objectOf(data)),
  };
  const parse = own(parsers, format);
  return explained(`secret key as ${format}`, () => {
    const { seed, publicKey } = parse();
    if (publicKey !== undefined && !equalBytes(publicKey, ed25519PublicKey(seed)))
      throw new ParseError('ERR_PARSE_KEY', 'its public half does not belong to its seed');
    return secretKeyFromSeed(name, seed);
  });
}

/**
 * A public key for another program. {@link printPublicKey} writes it for Nix.
 *
 * @throws TypeError for a format that does not exist
 *
 * @example
 * ```ts
 * import { exportPublicKey, parsePublicKey } from 'narkit/signature';
 *
 * const key = parsePublicKey('vector-1:A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=');
 * console.log(exportPublicKey(key, 'jwk').x); // A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg
 * ```
 */
export function exportPublicKey<F extends keyof PublicKeyFormats>(
  key: PublicKey,
  format: F,
): PublicKeyFormats[F] {
  const bytes = Uint8Array.from(key.bytes);
  const printers: { [K in keyof PublicKeyFormats]: () => PublicKeyFormats[K] } = {
    raw: () => bytes,
    spki: () => printSpki(bytes),
    pem: () => printPem('PUBLIC KEY', printSpki(bytes)),
    jwk: () => printPublicJwk(bytes),
  };
  return own(printers, format)();
}

/**
 * A public key of another program, and the name that Nix shall know it by. A JSON Web Key must not have
 * the secret half. Errors as {@link importSecretKey}.
 *
 * @throws ParseError `ERR_PARSE_KEY`
 *
 * @example
 * ```ts
 * import { importPublicKey, printPublicKey } from 'narkit/signature';
 *
 * const jwk = { kty: 'OKP', crv: 'Ed25519', x: 'A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg' };
 * console.log(printPublicKey(importPublicKey('vector-1', 'jwk', jwk))); // vector-1:A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=
 * ```
 */
export function importPublicKey<F extends keyof PublicKeyFormats>(
  name: string,
  format: F,
  data: F extends 'jwk' ? object : PublicKeyFormats[F],
): PublicKey {
  checkKeyName(name);
  const parsers: Record<keyof PublicKeyFormats, () => Uint8Array> = {
    raw: () => sized(bytesOf(data), 32),
    spki: () => parseSpki(bytesOf(data)),
    pem: () => parseSpki(parsePem('PUBLIC KEY', textOf(data))),
    jwk: () => parsePublicJwk(objectOf(data)),
  };
  const parse = own(parsers, format);
  return { name, bytes: explained(`public key '${name}' as ${format}`, () => Uint8Array.from(parse())) };
}

/** The member of that name; not one that every object inherits. */
function own<T extends object, K extends keyof T>(table: T, format: K): T[K] {
  if (!Object.hasOwn(table, format)) {
    throw new TypeError(`unknown key format; there are ${Object.keys(table).join(', ')}`);
  }
  return table[format];
}

/** Says of which key the parsers speak; they do not know. */
function explained<T>(subject: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    throw new ParseError('ERR_PARSE_KEY', `${subject}: ${cause.message}`, { field: cause.field, cause });
  }
}

function split(bytes: Uint8Array): { seed: Uint8Array; publicKey: Uint8Array } {
  return { seed: bytes.slice(0, 32), publicKey: bytes.slice(32) };
}

function sized(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === length) return bytes;
  throw new ParseError('ERR_PARSE_KEY', `it has ${bytes.length} bytes instead of ${length}`);
}

function bytesOf(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  throw new TypeError('a key in this format is a Uint8Array');
}

function textOf(data: unknown): string {
  if (typeof data === 'string') return data;
  throw new TypeError('a key in this format is a string');
}

function objectOf(data: unknown): object {
  if (typeof data === 'object' && data !== null) return data;
  throw new TypeError('a key in this format is an object');
}

/**
 * Ed25519 keys as JSON Web Keys (RFC 7517, RFC 8037).
 *
 * @module
 */
import { fromBase64, toBase64 } from '../bytes/bytes.ts';
import { ParseError } from '../errors.ts';

/** A public key as a JSON Web Key. */
export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  /** The public key, base64url. */
  readonly x: string;
}

/** A secret key as a JSON Web Key. Secret. */
export interface SecretJwk extends PublicJwk {
  /** The seed, base64url. */
  readonly d: string;
}

export function printPublicJwk(publicKey: Uint8Array): PublicJwk {
  return { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(publicKey) };
}

export function printSecretJwk(seed: Uint8Array, publicKey: Uint8Array): SecretJwk {
  return { ...printPublicJwk(publicKey), d: toBase64Url(seed) };
}

/** @throws ParseError `ERR_PARSE_KEY`; also for a secret key, which should not be where it is. */
export function parsePublicJwk(jwk: object): Uint8Array {
  if ('d' in jwk) throw bad('it is a secret key', 'd');
  return parseCommon(jwk, 'verify');
}

/** @throws ParseError `ERR_PARSE_KEY`, with nothing of the key in it. */
export function parseSecretJwk(jwk: object): { seed: Uint8Array; publicKey: Uint8Array } {
  const publicKey = parseCommon(jwk, 'sign');
  if (!('d' in jwk)) throw bad('there is no `d`: it is a public key', 'd');
  return { seed: fromBase64Url(jwk, 'd'), publicKey };
}

/** Members that would forbid the use must not; those nobody knows are passed over (RFC 7517 section 4). */
function parseCommon(jwk: object, operation: 'sign' | 'verify'): Uint8Array {
  const { kty, crv, alg, use, key_ops } = jwk as Readonly<Record<string, unknown>>;
  if (kty !== 'OKP') throw bad("`kty` is not 'OKP'", 'kty');
  if (crv !== 'Ed25519') throw bad("`crv` is not 'Ed25519'", 'crv');
  // RFC 8037 calls the algorithm EdDSA, RFC 9864 Ed25519.
  if (alg !== undefined && alg !== 'EdDSA' && alg !== 'Ed25519')
    throw bad("`alg` is not 'EdDSA' or 'Ed25519'", 'alg');
  if (use !== undefined && use !== 'sig') throw bad("`use` is not 'sig'", 'use');
  if (key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes(operation)))
    throw bad(`\`key_ops\` does not have '${operation}'`, 'key_ops');
  return fromBase64Url(jwk, 'x');
}

function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromBase64Url(jwk: object, member: 'x' | 'd'): Uint8Array {
  const text = (jwk as Readonly<Record<string, unknown>>)[member];
  if (typeof text !== 'string' || !/^[A-Za-z0-9_-]*$/.test(text))
    throw bad(`\`${member}\` is not base64url without padding`, member);
  const bytes = fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
  if (bytes.length !== 32) throw bad(`\`${member}\` has ${bytes.length} bytes instead of 32`, member);
  if (toBase64Url(bytes) !== text) throw bad(`\`${member}\` is not canonical base64url`, member);
  return bytes;
}

function bad(why: string, field: string): ParseError {
  return new ParseError('ERR_PARSE_KEY', why, { field });
}

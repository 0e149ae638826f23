/**
 * Signatures: text form and verification (narinfo.md section 4).
 *
 * @module
 */
import { ed25519Verifier } from '#native';
import { compareBytes, equalBytes, fromBase64, toBase64, utf8 } from '../bytes/bytes.ts';
import { ParseError } from '../errors.ts';
import type { PublicKey } from './key.ts';

/** A detached Ed25519 signature and the name of the key that made it. */
export interface Signature {
  readonly keyName: string;
  /** 64 bytes where it is a valid Ed25519 signature. */
  readonly sig: Uint8Array;
}

/**
 * Parses `<key name>:<base64>`, the value of a narinfo's `Sig`. The length is not checked here, as
 * in Nix: a signature of another length simply never verifies.
 *
 * @throws ParseError `ERR_PARSE_SIGNATURE`
 *
 * @example
 * ```ts
 * import { parseSignature } from 'narkit/signature';
 *
 * console.log(parseSignature('cache-1:AAAA').keyName); // cache-1
 * ```
 */
export function parseSignature(text: string): Signature {
  const colon = text.indexOf(':');
  if (colon <= 0) throw bad(text, 'it must have the form <key name>:<base64>');
  const keyName = text.slice(0, colon);
  let sig: Uint8Array;
  try {
    sig = fromBase64(text.slice(colon + 1));
  } catch (cause) {
    throw bad(text, (cause as Error).message, cause);
  }
  if (sig.length === 0) throw bad(text, 'there is nothing after the colon');
  return { keyName, sig };
}

/** The text form: the inverse of {@link parseSignature}. */
export function printSignature(signature: Signature): string {
  return `${signature.keyName}:${toBase64(signature.sig)}`;
}

/** Whether two signatures are the same bytes by the same key name. */
export function equalSignature(a: Signature, b: Signature): boolean {
  return a.keyName === b.keyName && equalBytes(a.sig, b.sig);
}

/**
 * Order of the signatures of a narinfo: by key name, then by the raw bytes, as current Nix has it.
 * (2.8 compares the texts; the order means nothing.)
 */
export function compareSignatures(a: Signature, b: Signature): number {
  return compareBytes(utf8(a.keyName), utf8(b.keyName)) || compareBytes(a.sig, b.sig);
}

/** `a` and those of `b` that `a` lacks; merging never drops one. */
export function mergeSignatures(a: readonly Signature[], b: readonly Signature[]): Signature[] {
  const merged = [...a];
  for (const signature of b) {
    if (!merged.some((known) => equalSignature(known, signature))) merged.push(signature);
  }
  return merged;
}

/** Checks a message's signatures against known keys; key set-up is paid once. */
export class Keyring {
  readonly #verifiers = new Map<string, (message: Uint8Array, sig: Uint8Array) => boolean>();

  /** If two keys share a name the first one counts, as in Nix. */
  constructor(keys: Iterable<PublicKey>) {
    for (const key of keys) {
      if (!this.#verifiers.has(key.name)) this.#verifiers.set(key.name, ed25519Verifier(key.bytes));
    }
  }

  /** Names of the keys. */
  get keyNames(): string[] {
    return [...this.#verifiers.keys()];
  }

  /** Whether the signature is by a known key, and right. */
  verify(message: Uint8Array, signature: Signature): boolean {
    return this.#verifiers.get(signature.keyName)?.(message, signature.sig) ?? false;
  }
}

function bad(text: string, why: string, cause?: unknown): ParseError {
  return new ParseError('ERR_PARSE_SIGNATURE', `invalid signature ${JSON.stringify(text)}: ${why}`, {
    cause,
  });
}

/**
 * Ed25519 keys in Nix's text form, `<name>:<base64>` (narinfo.md section 4).
 *
 * @module
 */
import { ed25519PublicKey, randomBytes } from '#native';
import { equalBytes, fromBase64, toBase64 } from '../bytes/bytes.ts';
import { ParseError } from '../errors.ts';

/** A public key: names the signer and checks its signatures. */
export interface PublicKey {
  /** Such as `cache.example.org-1`; never empty, without colon and white space. */
  readonly name: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

/**
 * A secret key. A class, so that no log and no `inspect` shows the secret; only
 * {@link printSecretKey} and `bytes` give it away.
 */
export class SecretKey {
  readonly name: string;
  readonly #bytes: Uint8Array;

  /** @param bytes 64: the 32-byte Ed25519 seed, then the 32-byte public key (libsodium's layout). */
  constructor(name: string, bytes: Uint8Array) {
    this.name = checkKeyName(name);
    if (bytes.length !== 64) throw new RangeError(`a secret key has 64 bytes, not ${bytes.length}`);
    this.#bytes = Uint8Array.from(bytes); // slice() of a Buffer would be no copy
  }

  /** The 64 secret bytes, a copy. */
  get bytes(): Uint8Array {
    return this.#bytes.slice();
  }

  static {
    // What Node's `inspect` shows, whatever it is asked for: it can be asked to call getters.
    Object.defineProperty(SecretKey.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: SecretKey) {
        return `SecretKey { name: ${JSON.stringify(this.name)} }`;
      },
    });
  }
}

/**
 * Makes a new key, as `nix-store --generate-binary-cache-key` does.
 *
 * @param name such as `cache.example.org-1`; the number helps when the key is replaced one day.
 * @throws ParseError `ERR_PARSE_KEY` for a name that is empty or has a colon or white space.
 *
 * @example
 * ```ts
 * import { generateSecretKey, printPublicKey, toPublicKey } from 'narkit/signature';
 *
 * const secretKey = generateSecretKey('cache.example.org-1');
 * console.log(printPublicKey(toPublicKey(secretKey))); // cache.example.org-1:...
 * ```
 */
export function generateSecretKey(name: string): SecretKey {
  return secretKeyFromSeed(name, randomBytes(32));
}

/** The key of a 32-byte Ed25519 seed (RFC 8032). */
export function secretKeyFromSeed(name: string, seed: Uint8Array): SecretKey {
  if (seed.length !== 32) throw new RangeError(`an Ed25519 seed has 32 bytes, not ${seed.length}`);
  const bytes = new Uint8Array(64);
  bytes.set(seed);
  bytes.set(ed25519PublicKey(seed), 32);
  return new SecretKey(name, bytes);
}

/** The public half. */
export function toPublicKey(key: SecretKey): PublicKey {
  return { name: key.name, bytes: key.bytes.slice(32) };
}

/**
 * Parses the text of a secret key file; white space around it is ignored.
 *
 * @throws ParseError `ERR_PARSE_KEY`, also when the public half does not belong to the seed. The
 *   text itself never appears in the message.
 */
export function parseSecretKey(text: string): SecretKey {
  const { name, bytes } = split(text, 'secret', 64);
  const key = new SecretKey(name, bytes);
  if (!equalBytes(ed25519PublicKey(bytes.slice(0, 32)), bytes.slice(32))) {
    throw new ParseError(
      'ERR_PARSE_KEY',
      `secret key '${name}': its public half does not belong to its seed`,
    );
  }
  return key;
}

/** The text of the key file, without a newline, as Nix writes it. Secret. */
export function printSecretKey(key: SecretKey): string {
  return `${key.name}:${toBase64(key.bytes)}`;
}

/**
 * Parses a public key, such as an item of `trusted-public-keys`.
 *
 * @throws ParseError `ERR_PARSE_KEY`
 */
export function parsePublicKey(text: string): PublicKey {
  return split(text, 'public', 32);
}

/** The text of a public key: the inverse of {@link parsePublicKey}. */
export function printPublicKey(key: PublicKey): string {
  return `${key.name}:${toBase64(key.bytes)}`;
}

/** Returns `name` when a key can have it. @throws ParseError `ERR_PARSE_KEY` */
export function checkKeyName(name: string): string {
  if (name === '' || /[\s:]/.test(name)) {
    throw new ParseError('ERR_PARSE_KEY', 'a key name must not be empty nor have colons or white space', {
      field: 'name',
    });
  }
  return name;
}

function split(text: string, kind: 'secret' | 'public', length: number): { name: string; bytes: Uint8Array } {
  const trimmed = text.trim();
  const colon = trimmed.indexOf(':');
  if (colon < 0)
    throw new ParseError('ERR_PARSE_KEY', `a ${kind} key has the form <name>:<base64>; there is no colon`);
  const name = checkKeyName(trimmed.slice(0, colon));
  // What stands where a secret key's name should be may be the secret, if the two were swapped.
  const subject = kind === 'secret' ? 'secret key' : `public key '${name}'`;
  let bytes: Uint8Array;
  try {
    bytes = fromBase64(trimmed.slice(colon + 1));
  } catch (cause) {
    throw new ParseError('ERR_PARSE_KEY', `${subject}: ${(cause as Error).message}`, { cause });
  }
  if (bytes.length !== length) {
    const other =
      bytes.length === 96 - length
        ? `; this looks like a ${kind === 'secret' ? 'public' : 'secret'} key`
        : '';
    throw new ParseError(
      'ERR_PARSE_KEY',
      `${subject} has ${bytes.length} bytes instead of ${length}${other}`,
    );
  }
  return { name, bytes };
}

/** Keys that sign the narinfos of the topics `fingerprint` and `signature`, by Node's own Ed25519. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** What stands before the seed in PKCS #8. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A key and its texts. */
export class TestKey {
  readonly name: string;
  readonly seed: Buffer;
  readonly publicBytes: Buffer;
  readonly #key: KeyObject;

  /** @param first the first byte of the seed; the others follow. */
  constructor(name: string, first: number) {
    this.name = name;
    this.seed = Buffer.from(Array.from({ length: 32 }, (_, i) => (first + i) & 0xff));
    this.#key = createPrivateKey({
      key: Buffer.concat([PKCS8, this.seed]),
      format: 'der',
      type: 'pkcs8',
    });
    this.publicBytes = createPublicKey(this.#key).export({ format: 'der', type: 'spki' }).subarray(-32);
  }

  /** `<name>:<base64 of seed and public key>`. */
  get secret(): string {
    return `${this.name}:${Buffer.concat([this.seed, this.publicBytes]).toString('base64')}`;
  }

  /** `<name>:<base64 of the public key>`. */
  get public(): string {
    return `${this.name}:${this.publicBytes.toString('base64')}`;
  }

  /** `<name>:<base64 of the signature>`. */
  sign(text: string): string {
    return `${this.name}:${sign(null, Buffer.from(text), this.#key).toString('base64')}`;
  }

  /** Whether a signature, with its name, is by this key over the text. */
  verifies(text: string, signature: string): boolean {
    const [name, base64 = ''] = signature.split(':');
    const bytes = Buffer.from(base64, 'base64');
    return name === this.name && verify(null, Buffer.from(text), createPublicKey(this.#key), bytes);
  }
}

/** The key of the vectors: its seed is the bytes 00 to 1f. */
export const VECTOR = new TestKey('vector-1', 0);
export const OTHER = new TestKey('other-1', 100);

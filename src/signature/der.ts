/**
 * As much of DER (X.690) as key files need: reading and writing of nested values, strictly.
 *
 * @module
 */
import { concatBytes } from '../bytes/bytes.ts';
import { ParseError } from '../errors.ts';

/** The tags that keys are made of. */
export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  sequence: 0x30,
  /** Attributes of a `OneAsymmetricKey`: `[0]`, constructed. */
  attributes: 0xa0,
  /** Public key of a `OneAsymmetricKey`: `[1]`, primitive. */
  publicKey: 0x81,
} as const;

/** Takes values one after the other; messages have offsets and tags, never contents. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The tag that comes next; `undefined` at the end. */
  get next(): number | undefined {
    return this.#bytes[this.#at];
  }

  /** The content of the next value, which must have the tag. @throws ParseError `ERR_PARSE_KEY` */
  read(tag: number, what: string): Uint8Array {
    if (this.next !== tag) throw bad(`${what} is expected at offset ${this.#at}`);
    const start = this.#at + 2 + this.#lengthDigits(what);
    const end = start + this.#length(what);
    if (end > this.#bytes.length) throw bad(`${what} is cut off`);
    this.#at = end;
    return this.#bytes.subarray(start, end);
  }

  /** @throws ParseError `ERR_PARSE_KEY` unless everything was read. */
  end(what: string): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0) throw bad(`${left} bytes follow ${what}`);
  }

  #lengthDigits(what: string): number {
    const first = this.#bytes[this.#at + 1];
    if (first === undefined) throw bad(`${what} is cut off`);
    if (first < 0x80) return 0;
    // 0x80 is BER's indefinite length; no key of ours needs more than two digits.
    if (first === 0x80 || first > 0x82) throw bad(`${what} has a bad length`);
    return first - 0x80;
  }

  #length(what: string): number {
    const digits = this.#lengthDigits(what);
    if (digits === 0) return this.#bytes[this.#at + 1] as number;
    let length = 0;
    for (let i = 0; i < digits; i++) length = length * 256 + (this.#bytes[this.#at + 2 + i] ?? 0);
    if (length < (digits === 1 ? 0x80 : 0x100)) throw bad(`${what} has a length that is not minimal`);
    return length;
  }
}

/** A value whose content has fewer than 128 bytes, as all we write have. */
export function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return concatBytes([Uint8Array.of(tag, length), ...content]);
}

/** An object identifier with dots, from its content. */
export function printOid(content: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    const first = Math.min(2, Math.floor(arc / 40));
    arcs.push(...(arcs.length === 0 ? [first, arc - 40 * first] : [arc]));
    arc = 0;
  }
  return arcs.join('.');
}

function bad(why: string): ParseError {
  return new ParseError('ERR_PARSE_KEY', why);
}

/**
 * The reader of ATerms, as far as derivations need it: strings, lists and tuples.
 *
 * @module
 */
import { ParseError } from '../errors.ts';

/** What stands for a character after a backslash. */
const UNESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };
const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
};

/** The text of a string, in quotes. */
export function printString(text: string): string {
  return `"${text.replaceAll(/["\\\n\r\t]/g, (char) => ESCAPES[char] as string)}"`;
}

/** `[a,b,c]` of printed items. */
export function printList(items: readonly string[]): string {
  return `[${items.join(',')}]`;
}

/** Reads a text from its beginning; all positions in messages count UTF-16 units of the text. */
export class ATermReader {
  readonly #text: string;
  readonly #special = /["\\\n\r\t]/g;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get offset(): number {
    return this.#at;
  }

  /** Passes over `token`, which must come next. */
  expect(token: string): void {
    if (!this.skip(token)) throw this.error(`expected ${JSON.stringify(token)}`);
  }

  /** Passes over `token` if it comes next. */
  skip(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  string(): string {
    this.expect('"');
    let out = '';
    for (;;) {
      this.#special.lastIndex = this.#at;
      const special = this.#special.exec(this.#text);
      if (special === null) throw this.error('the string does not end');
      out += this.#text.slice(this.#at, special.index);
      this.#at = special.index + 1;
      if (special[0] === '"') return out;
      const char = special[0] === '\\' ? UNESCAPED[this.#text[this.#at] ?? ''] : undefined;
      if (char === undefined) throw this.error('newline, return, tab and backslash must be escaped', -1);
      out += char;
      this.#at++;
    }
  }

  /** A list of what `item` reads. */
  list<T>(item: () => T): T[] {
    const items: T[] = [];
    this.expect('[');
    if (this.skip(']')) return items;
    do items.push(item());
    while (this.skip(','));
    this.expect(']');
    return items;
  }

  /** Nothing may follow. */
  end(): void {
    if (this.#at !== this.#text.length) throw this.error('expected the end');
  }

  /** An error that says where: at `shift` from here. */
  error(why: string, shift = 0, cause?: unknown): ParseError {
    return new ParseError(
      'ERR_PARSE_DERIVATION',
      `invalid derivation: ${why}, at offset ${this.#at + shift}`,
      { cause },
    );
  }
}

/**
 * The parameters after the `?` of a store URL: found by name, read by kind.
 *
 * @module
 */
import { ParseError, UnsupportedError } from '../errors.ts';
import { nearest } from '../options.ts';

/** Kinds of stores, as far as parameters go. */
export type StoreUrlKind = 'file' | 'http' | 's3';

/** Of every store (the first four) and of every binary cache. */
const CACHE_PARAMETERS = [
  'store',
  'priority',
  'want-mass-query',
  'trusted',
  'path-info-cache-size',
  'system-features',
  'compression',
  'compression-level',
  'parallel-compression',
  'write-nar-listing',
  'index-debug-info',
  'secret-key',
  'secret-keys',
  'local-nar-cache',
];
const CONTENT_ENCODINGS = ['narinfo-compression', 'ls-compression', 'log-compression'];

/** Every parameter Nix knows, by kind of store. */
const KNOWN: Readonly<Record<StoreUrlKind, readonly string[]>> = {
  file: CACHE_PARAMETERS,
  http: [
    ...CACHE_PARAMETERS,
    ...CONTENT_ENCODINGS,
    'tls-certificate',
    'tls-private-key',
    'retry-attempts',
    'retry-delay',
    'retry-delay-rate-limited',
    'retry-max-delay',
  ],
  s3: [
    ...CACHE_PARAMETERS,
    ...CONTENT_ENCODINGS,
    'profile',
    'region',
    'endpoint',
    'scheme',
    'addressing-style',
    'multipart-upload',
    'multipart-threshold',
    'multipart-chunk-size',
    'buffer-size',
    'storage-class',
  ],
};

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** The checked names and decoded values of a query; an empty value reads as absent where text is asked for. */
export class StoreUrlQuery {
  readonly #values = new Map<string, string>();

  /** @throws ParseError for a parameter without `=`, a repeated one, or one this kind of store does not have */
  constructor(raw: string, kind: StoreUrlKind) {
    if (raw.includes('#')) throw new ParseError('ERR_PARSE_STORE_URL', "store URL: write '#' as %23");
    for (const pair of raw.split('&')) {
      if (pair === '') continue;
      const equals = pair.indexOf('=');
      const name = decode(equals < 0 ? pair : pair.slice(0, equals), 'a name');
      if (!KNOWN[kind].includes(name)) throw unknown(name, kind);
      if (equals < 0) throw bad(name, 'has no value');
      if (this.#values.has(name)) throw bad(name, 'is given twice');
      this.#values.set(name, decode(pair.slice(equals + 1), `'${name}'`));
    }
  }

  text(name: string): string | undefined {
    return this.#values.get(name) || undefined;
  }

  oneOf<const T extends string>(name: string, words: readonly T[]): T | undefined {
    const value = this.text(name);
    const word = words.find((candidate) => candidate === value);
    if (value !== undefined && word === undefined) {
      const near = nearest(value, words);
      throw bad(
        name,
        `is '${value}': expected ${words.join(', ')}${near === undefined ? '' : ` (did you mean '${near}'?)`}`,
      );
    }
    return word;
  }

  boolean(name: string): boolean | undefined {
    const value = this.#values.get(name);
    if (value === undefined) return undefined;
    if (['true', 'yes', '1'].includes(value)) return true;
    if (['false', 'no', '0'].includes(value)) return false;
    throw bad(name, `is '${value}': expected true or false`);
  }

  /** A whole number, where Nix takes the units K, M, G and T (powers of 1024) too. */
  integer(name: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = this.#values.get(name);
    if (value === undefined) return undefined;
    const match = /^(-?\d+)([KMGT]?)$/i.exec(value);
    const number =
      match === null ? Number.NaN : Number(match[1]) * (UNITS[(match[2] as string).toUpperCase()] as number);
    if (!(number >= min && number <= max)) {
      const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
      throw bad(name, `is '${value}': expected a whole number ${range}`);
    }
    return number;
  }

  /** Refuses a parameter whose effect is not implemented, unless its value asks for none. */
  unsupported(name: string, harmless: readonly string[], why: string): void {
    const value = this.#values.get(name);
    if (value === undefined || harmless.includes(value)) return;
    throw new UnsupportedError(`store URL: parameter '${name}' is not supported: ${why}`, {
      feature: `store parameter ${name}`,
    });
  }
}

/** The error for a parameter that is known but wrong. */
export function bad(name: string, problem: string): ParseError {
  return new ParseError('ERR_PARSE_STORE_URL', `store URL: parameter '${name}' ${problem}`, { field: name });
}

function unknown(name: string, kind: StoreUrlKind): ParseError {
  const owners = (Object.keys(KNOWN) as StoreUrlKind[]).filter((other) => KNOWN[other].includes(name));
  if (owners.length > 0) return bad(name, `is one of ${owners.join(' and ')} stores, not of ${kind} stores`);
  const near = nearest(name, KNOWN[kind]);
  return bad(name, `is unknown${near === undefined ? '' : ` (did you mean '${near}'?)`}`);
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ParseError('ERR_PARSE_STORE_URL', `store URL: bad percent-encoding in ${what}`);
  }
}

/**
 * netrc files: user names and passwords by host, as curl reads them, and so Nix.
 *
 * ```
 * file   = ( "machine" host | "default" | "login" word | "password" word | "account" word | macro )*
 * macro  = "macdef" name, and all lines to the next empty one
 * word   = without white space, or in double quotes with \\", \\\\, \\n, \\r and \\t
 * ```
 *
 * A word that begins with `#` and the rest of its line are a comment.
 *
 * @module
 */
import { toBase64, utf8 } from '../bytes/bytes.ts';
import { ParseError } from '../errors.ts';
import type { HeaderFields } from '../store/http-options.ts';

/** What to log in with. Secret. */
export interface NetrcLogin {
  readonly login: string;
  readonly password: string;
}

/** One `machine` or `default` of a netrc file. */
export interface NetrcEntry {
  /** In lower case; `undefined` for `default`. */
  readonly machine: string | undefined;
  readonly login?: string;
  /** Secret. */
  readonly password?: string;
}

/** A netrc file. A class, so that no log and no `inspect` shows the passwords. */
export class Netrc {
  readonly #entries: readonly NetrcEntry[];

  /** {@link parseNetrc} makes it. */
  constructor(entries: readonly NetrcEntry[]) {
    this.#entries = entries;
  }

  /**
   * The first entry for the host, or `default`, that has a login or a password; what it lacks of the two is empty.
   *
   * @param host without a port; of either case
   * @param login when the user is known already, only an entry with this login counts
   */
  lookup(host: string, login?: string): NetrcLogin | undefined {
    const name = host.toLowerCase();
    for (const entry of this.#entries) {
      if (entry.machine !== undefined && entry.machine !== name) continue;
      if (
        login === undefined
          ? entry.login === undefined && entry.password === undefined
          : entry.login !== login
      )
        continue;
      return { login: entry.login ?? '', password: entry.password ?? '' };
    }
    return undefined;
  }
}

/**
 * Parses a netrc file. Words it does not know are passed over, as curl does.
 *
 * @throws ParseError `ERR_PARSE_NETRC` with the line, for a quote that does not end or a last word that lacks its
 *   value. Nothing of the text is in the message.
 *
 * @example
 * ```ts
 * import { parseNetrc } from 'narkit/node';
 *
 * const netrc = parseNetrc('machine cache.example.org login ada password "a secret"\n');
 * console.log(netrc.lookup('cache.example.org')); // { login: 'ada', password: 'a secret' }
 * ```
 */
export function parseNetrc(text: string): Netrc {
  const entries: { -readonly [K in keyof NetrcEntry]: NetrcEntry[K] }[] = [];
  let key: string | undefined;
  let keyLine = 0;
  let inMacro = false;
  for (const [index, content] of text.split('\n').entries()) {
    if (inMacro) {
      inMacro = content.trim() !== '';
      continue;
    }
    for (const word of wordsOf(content, index + 1)) {
      if (key === undefined) {
        const keyword = word.toLowerCase();
        if (keyword === 'default') entries.push({ machine: undefined });
        else if (['machine', 'login', 'password', 'account', 'macdef'].includes(keyword)) {
          key = keyword;
          keyLine = index + 1;
        }
        continue;
      }
      const entry = entries.at(-1);
      if (key === 'machine') entries.push({ machine: word.toLowerCase() });
      else if (key === 'login' && entry) entry.login = word;
      else if (key === 'password' && entry) entry.password = word;
      else if (key === 'macdef') inMacro = true;
      key = undefined;
      if (inMacro) break;
    }
  }
  if (key !== undefined) throw bad(keyLine, `nothing follows '${key}'`);
  return new Netrc(entries);
}

/**
 * The header fields that log in to the host of a URL, for the `headers` of an `HttpStore`; none where netrc knows
 * nothing of the host, or the URL has a password itself. A user name in the URL selects the entry.
 *
 * @example
 * ```ts
 * import { netrcHeaders, parseNetrc } from 'narkit/node';
 * import { HttpStore } from 'narkit/store';
 *
 * const url = 'https://cache.example.org';
 * const netrc = parseNetrc('machine cache.example.org login ada password lovelace');
 * const store = new HttpStore(url, { headers: netrcHeaders(netrc, url) });
 * console.log(store.name); // https://cache.example.org
 * ```
 */
export function netrcHeaders(netrc: Netrc, url: string | URL): HeaderFields {
  const { hostname, username, password } = new URL(url);
  if (password !== '') return {};
  const user = username === '' ? undefined : decoded(username);
  const found = netrc.lookup(hostname.replace(/^\[(.*)\]$/, '$1'), user);
  return found === undefined
    ? {}
    : { authorization: `Basic ${toBase64(utf8(`${found.login}:${found.password}`))}` };
}

/** The text itself where its percent signs encode nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function wordsOf(content: string, line: number): string[] {
  const words: string[] = [];
  let rest = content.replace(/^[ \t\r]+/, '');
  while (rest !== '' && !rest.startsWith('#')) {
    const match = rest.startsWith('"') ? /^"((?:[^"\\]|\\.)*)"/.exec(rest) : /^()[^ \t\r]+/.exec(rest);
    if (match === null) throw bad(line, 'a quote does not end');
    const [whole, quoted = ''] = match;
    words.push(
      rest.startsWith('"') ? quoted.replaceAll(/\\(.)/g, (_, char: string) => ESCAPES[char] ?? char) : whole,
    );
    rest = rest.slice(whole.length).replace(/^[ \t\r]+/, '');
  }
  return words;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function bad(line: number, why: string): ParseError {
  return new ParseError('ERR_PARSE_NETRC', `netrc, line ${line}: ${why}`, { line });
}

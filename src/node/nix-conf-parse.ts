/**
 * The text of nix.conf, line by line:
 *
 * ```
 * line     = [ setting | include ] [ "#" comment ]
 * setting  = name "=" word*                          words are set apart by white space, "=" too
 * include  = ( "include" | "!include" ) path
 * ```
 *
 * A line is a line: nothing is continued, nothing is quoted, no path has spaces.
 *
 * @module
 */
import { ParseError } from '../errors.ts';

/** A line of nix.conf that says something. */
export type NixConfItem =
  | {
      readonly type: 'setting';
      /** As written, `extra-` included. */
      readonly name: string;
      /** The words, with one space between them. */
      readonly value: string;
      /** 1-based. */
      readonly line: number;
    }
  | {
      readonly type: 'include';
      /** As written. */
      readonly path: string;
      /** Whether it was `!include`, which does without the file. */
      readonly optional: boolean;
      /** 1-based. */
      readonly line: number;
    };

/**
 * Parses one file, or `NIX_CONFIG`; `readNixConf` follows the includes.
 *
 * @param file what messages call the text
 * @throws ParseError `ERR_PARSE_NIX_CONF` with the line, which it does not quote: nix.conf has tokens in it
 *
 * @example
 * ```ts
 * import { parseNixConf } from 'narkit/node';
 *
 * console.log(parseNixConf('cores = 4 # of 8\n')); // [ { type: 'setting', name: 'cores', value: '4', line: 1 } ]
 * ```
 */
export function parseNixConf(text: string, file = 'nix.conf'): NixConfItem[] {
  const items: NixConfItem[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    const hash = content.indexOf('#');
    const words = (hash < 0 ? content : content.slice(0, hash))
      .split(/[ \t\r]+/)
      .filter((word) => word !== '');
    const [first, second] = words;
    if (first === undefined) continue;
    const line = index + 1;
    if (first === 'include' || first === '!include') {
      if (second === undefined || words.length > 2) throw bad(file, line, `'${first}' takes one path`);
      items.push({ type: 'include', path: second, optional: first === '!include', line });
    } else if (second === '=') {
      items.push({ type: 'setting', name: first, value: words.slice(2).join(' '), line });
    } else {
      throw bad(file, line, "it has not the form 'name = value', with spaces around '='");
    }
  }
  return items;
}

function bad(file: string, line: number, why: string): ParseError {
  return new ParseError('ERR_PARSE_NIX_CONF', `line ${line} of '${file}': ${why}`, { line });
}

/**
 * PEM (RFC 7468, strict): DER in base64 between two lines.
 *
 * @module
 */
import { fromBase64, toBase64 } from '../bytes/bytes.ts';
import { ParseError } from '../errors.ts';

/** What stands in the lines. */
export type PemLabel = 'PRIVATE KEY' | 'PUBLIC KEY';

/** Ends in a newline, as the files of OpenSSL do. */
export function printPem(label: PemLabel, bytes: Uint8Array): string {
  const lines = toBase64(bytes).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/**
 * One block, with nothing but white space around it.
 *
 * @throws ParseError `ERR_PARSE_KEY`, with nothing of the text in it but a label of capitals.
 */
export function parsePem(label: PemLabel, text: string): Uint8Array {
  const match = /^-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END ([A-Z0-9 ]{1,40})-----$/.exec(text.trim());
  if (match === null) throw bad(`it is not one PEM block '${label}'`);
  const [, begin, body = '', end] = match;
  for (const found of [begin, end]) {
    if (found !== label) throw bad(`the PEM block is a '${found}', not a '${label}'`);
  }
  const base64 = body.replaceAll(/\s/g, '');
  let bytes: Uint8Array;
  try {
    bytes = fromBase64(base64);
  } catch (cause) {
    throw new ParseError('ERR_PARSE_KEY', (cause as Error).message, { cause });
  }
  // Nix's base64 forgives much that PEM does not, such as text after the padding.
  if (toBase64(bytes) !== base64) throw bad('its base64 is not canonical');
  return bytes;
}

function bad(why: string): ParseError {
  return new ParseError('ERR_PARSE_KEY', why);
}

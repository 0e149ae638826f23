/**
 * The words of some settings. What they throw must not quote what may be a secret.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { isAbsolute } from 'node:path';

/** Not quoted: somebody may have put the key in place of its file. */
export function keyFile(word: string): string {
  if (isAbsolute(word)) return word;
  throw new TypeError('must be absolute paths of secret key files');
}

/** A pattern over names of store paths, which have no other characters. */
export function namePattern(word: string): string {
  if (/^[A-Za-z0-9+._?=*-]+$/.test(word)) return word;
  throw new TypeError(`'${word}' can match no name: in a pattern, '*' is any text and '?' any character`);
}

export function outputName(word: string): string {
  if (/^[A-Za-z0-9+._?=-]+$/.test(word)) return word;
  throw new TypeError(`'${word}' is no name of an output, such as out or lib`);
}

/** `HOST:PORT` of this machine only: what listens there asks nobody who they are. */
export function parseListen(value: string): { host: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(value) ?? [];
  const host = bracketed ?? plain ?? '';
  const port = Number(digits);
  const loopback =
    host === 'localhost' || (isIPv4(host) && host.startsWith('127.')) || (isIPv6(host) && host === '::1');
  if (loopback && port < 65_536) return { host, port };
  throw new TypeError('must be an address of this machine and a port, such as 127.0.0.1:9180 or [::1]:9180');
}

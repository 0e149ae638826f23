/**
 * Words of the command line.
 */
import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { '': 1000, s: 1000, min: 60_000, h: 3_600_000 };

/** Milliseconds; the units of the settings. 0 looks once. */
export function parseDuration(word: string): number {
  const [, digits, unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)(s|min|h|)$/.exec(word) ?? [];
  const factor = UNITS[unit];
  if (digits === undefined || factor === undefined)
    throw new InvalidArgumentError('It must be a duration, such as 90s, 10min or 1h.');
  return Number(digits) * factor;
}

/** As a queue takes them: another one would be waited for in vain. */
export function parseTag(word: string): string {
  if (word === '' || word.length > 256 || /\p{Cc}/u.test(word))
    throw new InvalidArgumentError('A tag has 1 to 256 characters and no control characters.');
  return word;
}

export function parsePriority(word: string): number {
  if (!/^[0-9]$/.test(word)) throw new InvalidArgumentError('It must be a number from 0 to 9.');
  return Number(word);
}

export function parseListen(word: string): { host: string; port: number } {
  const [, bracketed, host = bracketed, digits] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(word) ?? [];
  const port = Number(digits);
  if (host === undefined || !(port < 65_536))
    throw new InvalidArgumentError('It must be an address and a port, such as 192.0.2.1:9180.');
  return { host, port };
}

/**
 * What the text of a setting means. Every error says where the setting is, and quotes a value only where it
 * can hold no secret.
 */
import { isAbsolute } from 'node:path';
import { isNarkitError } from 'narkit';
import { didYouMean } from './nearest.ts';
import type { Setting, SettingName, Settings } from './settings.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };
const DURATIONS: Readonly<Record<string, number>> = { '': 1000, s: 1000, min: 60_000, h: 3_600_000 };

/** Timers know no more: about 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** The settings of a target or of everything, the more particular ones first. A value of nothing is the default. */
export class SettingValues {
  readonly #layers: readonly Settings[];

  constructor(...layers: readonly Settings[]) {
    this.#layers = layers;
  }

  text(name: SettingName): string | undefined {
    return this.#get(name)?.value;
  }

  boolean(name: SettingName): boolean {
    return this.oneOf(name, ['true', 'false'], 'false') === 'true';
  }

  oneOf<const T extends string>(name: SettingName, words: readonly T[], otherwise: T): T;
  oneOf<const T extends string>(name: SettingName, words: readonly T[]): T | undefined;
  oneOf<const T extends string>(name: SettingName, words: readonly T[], otherwise?: T): T | undefined {
    return this.read(
      name,
      (value) => {
        const word = words.find((candidate) => candidate === value);
        if (word !== undefined) return word;
        const list = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
        throw new TypeError(`must be ${list}, not ${quote(value)}${didYouMean(value, words)}`);
      },
      otherwise,
    );
  }

  integer(name: SettingName, min: number, max: number): number | undefined;
  integer(name: SettingName, min: number, max: number, otherwise: number): number;
  integer(name: SettingName, min: number, max: number, otherwise?: number): number | undefined {
    return this.read(
      name,
      (value) => {
        const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
        if (number >= min && number <= max) return number;
        throw new TypeError(`must be a whole number from ${min} to ${max}, not ${quote(value)}`);
      },
      otherwise,
    );
  }

  /** Bytes. */
  size(name: SettingName): number | undefined {
    return this.read(name, (value) => {
      const [, digits, unit = ''] = /^(\d+)\s*([KMGT]?)$/i.exec(value) ?? [];
      const bytes = Number(digits) * (UNITS[unit.toUpperCase()] as number);
      if (Number.isSafeInteger(bytes)) return bytes;
      throw new TypeError(`must be a number of bytes, such as 500M (K, M, G or T), not ${quote(value)}`);
    });
  }

  /** Milliseconds. */
  duration(name: SettingName): number | undefined;
  duration(name: SettingName, otherwise: number): number;
  duration(name: SettingName, otherwise?: number): number | undefined {
    return this.read(
      name,
      (value) => {
        const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*(s|min|h|)$/.exec(value) ?? [];
        const ms = Math.round(Number(digits) * (DURATIONS[unit] as number));
        if (ms > 0 && ms <= LONGEST_MS) return ms;
        throw new TypeError(`must be a duration, such as 30s, 5min or 1h, not ${quote(value)}`);
      },
      otherwise,
    );
  }

  directory(name: SettingName): string | undefined;
  directory(name: SettingName, otherwise: string): string;
  directory(name: SettingName, otherwise?: string): string | undefined {
    return this.read(
      name,
      (value) => {
        // `/var/spool/x/` and `/var/spool/x` are to be one place.
        if (isAbsolute(value)) return value.replace(/(?<=.)\/+$/, '');
        throw new TypeError(`must be an absolute path, not ${quote(value)}`);
      },
      otherwise,
    );
  }

  /** Words, each read by `parse`, which must not quote what may be a secret. */
  list<T>(name: SettingName, parse: (word: string) => T): T[] {
    return this.read(name, (value) => value.split(/\s+/).map(parse), []);
  }

  /** Reads a value; what `parse` throws gets the place and the name before it. */
  read<T>(name: SettingName, parse: (value: string) => T, otherwise: T): T;
  read<T>(name: SettingName, parse: (value: string) => T, otherwise?: T): T | undefined;
  read<T>(name: SettingName, parse: (value: string) => T, otherwise?: T): T | undefined {
    const setting = this.#get(name);
    if (setting === undefined) return otherwise;
    try {
      return parse(setting.value);
    } catch (cause) {
      if (!(cause instanceof TypeError) && !isNarkitError(cause)) throw cause;
      throw new TypeError(`${setting.where}: ${name}: ${cause.message}`, { cause });
    }
  }

  #get(name: SettingName): Setting | undefined {
    const setting = this.#layers.find((layer) => layer.has(name))?.get(name);
    return setting?.value === '' ? undefined : setting;
  }
}

function quote(value: string): string {
  return `'${value.length > 40 ? `${value.slice(0, 40)}...` : value}'`;
}

/** What the inputs about narinfos are made with: one that Nix wrote, with some of its lines changed. */
import { B_NARINFO } from '../../test/narinfo/vectors.ts';
import type { Input } from './topic.ts';

export const STORE_DIR = '/nix/store';

/** Why narkit differs from Nix. */
export const WHY = {
  scanner: 'where the scanner of Nix passes over a line, or over a character, without a word, narkit refuses',
  sizes: 'sizes above 2^53-1 are refused, as they are no exact numbers in JavaScript',
  canonical: 'narkit wants a store path in the form in which Nix prints it',
  experiment: 'in Nix it is behind a switch for an experiment, which narkit does not have',
  textHash: 'Nix 2.34 reads it, but the path cannot be made: a text is addressed by sha256',
  dash: 'Nix up to 2.34 does not look at the character after the hash part; the source of 2.36 asks for the dash',
  abort:
    'Nix fails its own assertion instead of leaving out what it does not know, or writing another algorithm',
  sizeZero: 'what is not known is left out, not written as 0, which is read as unknown',
} as const;

/** Changes lines: those of these names go, and where the first of them was come the new ones. */
export function change(names: readonly string[], ...lines: string[]): string {
  const old = B_NARINFO.split('\n').slice(0, -1);
  const isOld = (line: string): boolean => names.includes(line.slice(0, line.indexOf(':')));
  const at = old.findIndex(isOld);
  const kept = old.filter((line) => !isOld(line));
  return [...kept.slice(0, at), ...lines, ...kept.slice(at)].map((line) => `${line}\n`).join('');
}

/** Another value of a field. */
export const set = (name: string, ...values: string[]): string =>
  change([name], ...values.map((value) => `${name}: ${value}`));

/** Adds lines before the content address, which is last. */
export const add = (...lines: string[]): string => {
  const at = B_NARINFO.indexOf('CA: ');
  return `${B_NARINFO.slice(0, at)}${lines.map((line) => `${line}\n`).join('')}${B_NARINFO.slice(at)}`;
};

/** Name, what is special, the text, why narkit differs. */
export type NarInfoRow = readonly [id: string, about: string, text: string, why?: string];

/** The rows of one list of rules as inputs. */
export function narInfoInputs(section: string, operation: string, rows: readonly NarInfoRow[]): Input[] {
  return rows.map(([id, about, text, why]) => ({
    id,
    about,
    section,
    operation,
    input: { text, storeDir: STORE_DIR },
    ...(why === undefined ? {} : { why }),
  }));
}

/**
 * The language of `upload-to-cache.conf` and `upload-queue.conf`: lines `name = value`, and `[name]`, which
 * begins the section of a target. What comes before the first section is for all of them.
 */
import { didYouMean } from './nearest.ts';

/** Of one target; before the first section, the default for all. */
export const TARGET_SETTINGS = [
  'cache',
  'secret-key-files',
  'compression',
  'allow-unsigned',
  'include-names',
  'exclude-names',
  'max-nar-size',
  'skip-signed-by',
  'upstream',
  'outputs',
  'upload-derivation',
  'build-closure',
  'upload-log',
  'concurrency',
] as const;

/** Of the whole run of the hook. */
export const HOOK_SETTINGS = ['timeout', 'on-error', 'store-dir', 'nix-bin-dir'] as const;

/** Of the service. */
export const QUEUE_SETTINGS = [
  'queue-dir',
  'gc-roots-dir',
  'batch',
  'max-attempts',
  'retry-min',
  'retry-max',
  'listen',
  'log-format',
  'stop-timeout',
] as const;

const GLOBAL_SETTINGS = [...HOOK_SETTINGS, ...QUEUE_SETTINGS] as const;
const ALL: readonly string[] = [...TARGET_SETTINGS, ...GLOBAL_SETTINGS];

export type SettingName = (typeof TARGET_SETTINGS)[number] | (typeof GLOBAL_SETTINGS)[number];

/** A value as it is written, and where: `FILE, line N`, or the flag. */
export interface Setting {
  readonly value: string;
  readonly where: string;
}

export type Settings = Map<SettingName, Setting>;

/** What a file says. */
export interface SettingsFile {
  readonly common: Settings;
  /** By name, in the order of the file. */
  readonly sections: ReadonlyMap<string, Settings>;
}

/** @throws TypeError that says where; it quotes names, and never a value: that may be a password. */
export function parseSettings(text: string, file: string): SettingsFile {
  const common: Settings = new Map();
  const sections = new Map<string, Settings>();
  let current = common;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const where = `${file}, line ${index + 1}`;
    // A `#` inside a word belongs to it: URLs may have one.
    const line = raw.replace(/(^|\s)#.*$/, '').trim();
    if (line === '') continue;
    if (line.startsWith('[')) {
      const name = sectionName(line, where);
      if (sections.has(name)) throw new TypeError(`${where}: there is a section [${name}] already`);
      current = new Map();
      sections.set(name, current);
      continue;
    }
    const [, name, value] = /^([^=]*?)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw new TypeError(`${where}: expected 'name = value', or a section '[name]'`);
    const known = settingName(name, where);
    if (current !== common && !isOneOf(TARGET_SETTINGS, known))
      throw new TypeError(`${where}: '${known}' is not of a single target; move it before the first section`);
    const before = current.get(known);
    if (before !== undefined) throw new TypeError(`${where}: '${known}' is set already in ${before.where}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value))
      throw new TypeError(`${where}: the value of '${known}' has a control character`);
    current.set(known, { value, where });
  }
  return { common, sections };
}

/** Flags, as if they were written before the first section. */
export function flagSettings(flags: Readonly<Record<string, string>>): Settings {
  const entries = Object.entries(flags);
  return new Map(
    entries.map(([name, value]) => [settingName(name, `--${name}`), { value, where: `--${name}` }]),
  );
}

function sectionName(line: string, where: string): string {
  const [, name] = /^\[\s*([a-z0-9][a-z0-9-]{0,62})\s*\]$/.exec(line) ?? [];
  if (name !== undefined) return name;
  throw new TypeError(
    `${where}: a section is the name of a target in brackets, such as [offsite]: small letters, digits and '-', at most 63`,
  );
}

function settingName(name: string, where: string): SettingName {
  if (isOneOf(ALL as readonly SettingName[], name)) return name;
  // Anything else may be a part of a URL.
  if (!/^[A-Za-z0-9_-]{1,40}$/.test(name)) throw new TypeError(`${where}: expected 'name = value'`);
  const near = didYouMean(name, ALL);
  throw new TypeError(
    `${where}: unknown setting '${name}'${near === '' ? `; there are ${ALL.join(', ')}` : near}`,
  );
}

function isOneOf<const T extends string>(known: readonly T[], name: string): name is T {
  return (known as readonly string[]).includes(name);
}

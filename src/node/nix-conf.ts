/**
 * Settings of nix.conf as Nix sees them after all files are read.
 *
 * @module
 */
import { ParseError } from '../errors.ts';

/** One assignment, and where it stands. */
export interface NixConfSetting {
  /** As written, `extra-` included. */
  readonly name: string;
  readonly value: string;
  /** The file, or `NIX_CONFIG`. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

/** Names of old that Nix still takes, as 2.8 to 2.34 list them. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['binary-cache-public-keys', 'trusted-public-keys'],
  ['binary-caches', 'substituters'],
  ['binary-caches-parallel-connections', 'http-connections'],
  ['build-chroot-dirs', 'sandbox-paths'],
  ['build-compress-log', 'compress-build-log'],
  ['build-cores', 'cores'],
  ['build-fallback', 'fallback'],
  ['build-impersonate-linux-26', 'impersonate-linux-26'],
  ['build-keep-log', 'keep-build-log'],
  ['build-max-jobs', 'max-jobs'],
  ['build-max-log-size', 'max-build-log-size'],
  ['build-max-silent-time', 'max-silent-time'],
  ['build-repeat', 'repeat'],
  ['build-sandbox-paths', 'sandbox-paths'],
  ['build-timeout', 'timeout'],
  ['build-use-chroot', 'sandbox'],
  ['build-use-sandbox', 'sandbox'],
  ['build-use-substitutes', 'substitute'],
  ['commit-lockfile-summary', 'commit-lock-file-summary'],
  ['env-keep-derivations', 'keep-env-derivations'],
  ['gc-keep-derivations', 'keep-derivations'],
  ['gc-keep-outputs', 'keep-outputs'],
  ['substitution-max-jobs', 'max-substitution-jobs'],
  ['trusted-binary-caches', 'trusted-substituters'],
]);

/** Settings whose own name begins so. */
const OWN_EXTRA = new Set(['extra-platforms']);

/** All that was said of one setting. */
interface Said {
  /** The last `name = value`. */
  set?: NixConfSetting;
  /** The `extra-name = value` since then. */
  extra: NixConfSetting[];
}

/**
 * The settings: the last assignment wins, `extra-` appends. Their values may be secrets (`access-tokens`),
 * so neither `inspect` nor a message shows any.
 */
export class NixConf {
  readonly #said = new Map<string, Said>();
  /** Directory of the system's nix.conf, where Nix also looks for `netrc`. */
  readonly confDir: string;
  /** Files that were read, in Nix's order. */
  readonly files: readonly string[];
  /** Files that are there and could not be read; Nix passes over them. */
  readonly unreadable: readonly string[];

  /** {@link readNixConf} makes it from files. */
  constructor(
    settings: Iterable<NixConfSetting>,
    from: { confDir?: string; files?: readonly string[]; unreadable?: readonly string[] } = {},
  ) {
    this.confDir = from.confDir ?? '/etc/nix';
    this.files = from.files ?? [];
    this.unreadable = from.unreadable ?? [];
    for (const setting of settings) {
      const appends = setting.name.startsWith('extra-') && !OWN_EXTRA.has(setting.name);
      const name = canonical(appends ? setting.name.slice('extra-'.length) : setting.name);
      const said = this.#said.get(name);
      if (!appends) this.#said.set(name, { set: setting, extra: [] });
      else if (said === undefined) this.#said.set(name, { extra: [setting] });
      else said.extra.push(setting);
    }
  }

  /** Names of the settings that are set or added to, without aliases and `extra-`. */
  get names(): string[] {
    return [...this.#said.keys()];
  }

  /** The value as text; `undefined` where it is not set. `extra-` does not count: a text takes no more. */
  get(name: string): string | undefined {
    return this.#said.get(canonical(name))?.set?.value;
  }

  /** The words of a list, `extra-` ones at its end. @param initial Nix's default, which `extra-` adds to */
  list(name: string, initial: readonly string[] = []): string[] {
    const { set, extra = [] } = this.#said.get(canonical(name)) ?? {};
    const own = set === undefined ? initial : words(set);
    return [...own, ...extra.flatMap(words)];
  }

  /** @throws ParseError `ERR_PARSE_NIX_CONF` unless it is `true`, `yes`, `1`, `false`, `no` or `0` */
  boolean(name: string, initial: boolean): boolean {
    const set = this.#said.get(canonical(name))?.set;
    if (set === undefined) return initial;
    if (['true', 'yes', '1'].includes(set.value)) return true;
    if (['false', 'no', '0'].includes(set.value)) return false;
    throw bad(set, 'it must be one of true, yes, 1, false, no and 0');
  }

  /**
   * A whole number; `K`, `M`, `G` and `T` multiply by powers of 1024.
   *
   * @throws ParseError `ERR_PARSE_NIX_CONF`, also for a number above 2^53 - 1
   */
  integer(name: string, initial: number): number {
    const set = this.#said.get(canonical(name))?.set;
    if (set === undefined) return initial;
    const [, digits, unit = ''] = /^([+-]?\d+)([KMGT]?)$/i.exec(set.value) ?? [];
    const number = Number(digits) * 1024 ** ' KMGT'.indexOf(unit === '' ? ' ' : unit.toUpperCase());
    if (!Number.isSafeInteger(number))
      throw bad(set, 'it must be a whole number, with K, M, G or T after it or not');
    return number;
  }
}

function canonical(name: string): string {
  return ALIASES.get(name) ?? name;
}

function words({ value }: NixConfSetting): string[] {
  return value === '' ? [] : value.split(' ');
}

function bad({ name, file, line }: NixConfSetting, why: string): ParseError {
  return new ParseError('ERR_PARSE_NIX_CONF', `setting '${name}', line ${line} of '${file}': ${why}`, {
    line,
    field: name,
  });
}

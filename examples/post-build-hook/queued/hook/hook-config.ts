/**
 * Settings of the queued hook: `enqueue-upload.conf` beside the program, which may be absent.
 *
 * A mistake in it never stops the hook: the rest of the file and the defaults hold, and the mistake is
 * among the problems that the hook tells.
 */
import { readFileSync } from 'node:fs';

export interface HookConfig {
  /** Directory of a spool for each target. */
  readonly queueDir: string;
  /** Directory of a directory of roots for each target. */
  readonly gcRootsDir: string;
  /** Let the build command fail when something could not be queued. */
  readonly strict: boolean;
  /** Of all that is queued. */
  readonly tags: readonly string[];
  /** What is wrong with the file. */
  readonly problems: readonly string[];
}

const DEFAULTS = {
  'queue-dir': '/var/spool/nix-upload',
  'gc-roots-dir': '/nix/var/nix/gcroots/nix-upload',
  strict: 'false',
  tags: '',
};
type Setting = keyof typeof DEFAULTS;

/** What a value must be like, where not any will do; the shell variant has the same. */
const FORMS: Readonly<Partial<Record<Setting, readonly [RegExp, string]>>> = {
  'queue-dir': [/^\//, 'an absolute path'],
  'gc-roots-dir': [/^\//, 'an absolute path'],
  strict: [/^(true|false)$/, 'true or false'],
  tags: [/^[\w.:/@+=\s-]*$/, 'words of 0-9 a-z A-Z . _ : / @ + = -'],
};

/** Reads the settings; never throws. */
export function readHookConfig(file: string): HookConfig {
  const values = { ...DEFAULTS };
  const problems: string[] = [];
  for (const [index, raw] of lines(file, problems).entries()) {
    // A `#` inside a word belongs to it.
    const line = raw.replace(/(^|\s)#.*$/, '').trim();
    if (line === '') continue;
    const [, name = '', value = ''] = /^([a-z-]+)\s*=\s*(.*)$/.exec(line) ?? [];
    const form = FORMS[name as Setting];
    if (!Object.hasOwn(DEFAULTS, name)) {
      const known = Object.keys(DEFAULTS).join(', ');
      problems.push(`${file}, line ${index + 1}: expected 'name = value' with one of ${known}`);
    } else if (form !== undefined && !form[0].test(value)) {
      problems.push(`${file}, line ${index + 1}: ${name} must be ${form[1]}`);
    } else {
      values[name as Setting] = value;
    }
  }
  return {
    queueDir: values['queue-dir'],
    gcRootsDir: values['gc-roots-dir'],
    strict: values.strict === 'true',
    tags: values.tags.split(/\s+/).filter((tag) => tag !== ''),
    problems,
  };
}

function lines(file: string, problems: string[]): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') problems.push(`cannot read ${file}: ${message}`);
    return [];
  }
}

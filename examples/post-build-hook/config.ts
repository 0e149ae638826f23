/**
 * The hook's configuration: `upload-to-cache.conf` beside the program, and flags that override it.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

export interface Config {
  /** Store URL of the cache, with the compression and the store directory filled in. */
  readonly cacheUrl: (storeDir: string) => string;
  readonly secretKeyFiles: readonly string[];
  readonly allowUnsigned: boolean;
  readonly nixBinDir: string | undefined;
}

/** The settings: the same names in the file and as flags. */
const SETTINGS = {
  cache: { type: 'string' },
  'secret-key-files': { type: 'string' },
  compression: { type: 'string' },
  'allow-unsigned': { type: 'string' },
  'nix-bin-dir': { type: 'string' },
} as const;

type Setting = keyof typeof SETTINGS;
type Values = Partial<Record<Setting, string>>;

/**
 * Reads the flags and the file: `--config FILE`, or else `<program>.conf`, which may be absent
 * when the flags say everything.
 */
export async function readConfig(argv: readonly string[]): Promise<Config> {
  const { values: flags } = parseArgs({
    args: argv.slice(2),
    options: { ...SETTINGS, config: { type: 'string' } },
    strict: true,
  });
  const file = flags.config ?? `${argv[1]}.conf`;
  const values: Values = { ...(await readFileSettings(file, flags.config !== undefined)), ...flags };
  const { cache, compression } = values;
  if (cache === undefined)
    throw new TypeError(`no cache to upload to: set 'cache = URL' in ${file}, or pass --cache URL`);
  return {
    cacheUrl: (storeDir) => withParameters(cache, { compression, store: storeDir }),
    secretKeyFiles: (values['secret-key-files'] ?? '').split(/\s+/).filter((name) => name !== ''),
    allowUnsigned: parseBoolean(values['allow-unsigned'] ?? 'false'),
    nixBinDir: values['nix-bin-dir'],
  };
}

/** Lines `name = value`, as in nix.conf; `#` begins a comment. */
async function readFileSettings(file: string, mustExist: boolean): Promise<Values> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (!mustExist && (error as { code?: string }).code === 'ENOENT') return {};
    throw new TypeError(`cannot read the configuration ${file}: ${(error as Error).message}`);
  }
  const values: Values = {};
  for (const [index, raw] of text.split('\n').entries()) {
    // A `#` inside a word belongs to it: URLs may have one.
    const line = raw.replace(/(^|\s)#.*$/, '').trim();
    if (line === '') continue;
    const [, name, value] = /^([a-z-]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined || !Object.hasOwn(SETTINGS, name)) {
      const known = Object.keys(SETTINGS).join(', ');
      // Not the value: it may hold a password.
      const got = line.split('=', 1)[0]?.trim();
      throw new TypeError(
        `${file}, line ${index + 1}: expected 'name = value' with one of ${known}; got '${got}'`,
      );
    }
    values[name as Setting] = value;
  }
  return values;
}

function withParameters(url: string, parameters: Readonly<Record<string, string | undefined>>): string {
  let out = url;
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || new RegExp(`[?&]${name}=`).test(out)) continue;
    out += `${out.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;
  }
  return out;
}

function parseBoolean(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new TypeError(`allow-unsigned must be true or false, not '${text}'`);
}

/**
 * Reads nix.conf from all the places where Nix does.
 *
 * @module
 */
import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { ParseError } from '../errors.ts';
import { decodeName, encodeName } from '../nar/name.ts';
import { checkOptions } from '../options.ts';
import { NixConf, type NixConfSetting } from './nix-conf.ts';
import { parseNixConf } from './nix-conf-parse.ts';
import { readSmallFile } from './small-file.ts';

/** Options of {@link readNixConf}. */
export interface ReadNixConfOptions {
  /**
   * Where `NIX_CONF_DIR`, `NIX_USER_CONF_FILES`, `NIX_CONFIG_HOME`, `XDG_CONFIG_HOME`, `XDG_CONFIG_DIRS`,
   * `HOME` and `NIX_CONFIG` are looked up. @default the environment of the process
   */
  env?: Readonly<Record<string, string | undefined>>;
  signal?: AbortSignal;
}

/** Far beyond any real file; a device or a log file is read no further. */
const MAX_SIZE = 1024 * 1024;
/** Far beyond any real set; files that include one another twice each would go on for ever. */
const MAX_FILES = 1000;

/**
 * Reads what Nix reads, in its order, the later overriding the earlier:
 *
 * 1. `nix.conf` in `NIX_CONF_DIR`, by default `/etc/nix`;
 * 2. the files of `NIX_USER_CONF_FILES`, the last first; or else `nix/nix.conf` in the `XDG_CONFIG_DIRS`, the last
 *    first, and then in `XDG_CONFIG_HOME`, by default `~/.config` (`NIX_CONFIG_HOME` replaces `~/.config/nix`);
 * 3. the text of `NIX_CONFIG`.
 *
 * A file that is not there is passed over, and so is one that may not be read; see `unreadable` of the result.
 *
 * @throws ParseError `ERR_PARSE_NIX_CONF` for a line that is wrong, an `include` of a file that is not there,
 *   files that include each other, and a relative include in `NIX_CONFIG`
 *
 * @example
 * ```ts
 * import { readNixConf } from 'narkit/node';
 *
 * const env = { NIX_CONF_DIR: '/nonexistent', NIX_USER_CONF_FILES: '', NIX_CONFIG: 'extra-substituters = https://b.example' };
 * const conf = await readNixConf({ env });
 * console.log(conf.list('substituters', ['https://a.example'])); // [ 'https://a.example', 'https://b.example' ]
 * ```
 */
export async function readNixConf(options: ReadNixConfOptions = {}): Promise<NixConf> {
  checkOptions('readNixConf', options, ['env', 'signal']);
  const { env = process.env, signal } = options;
  const confDir = resolve(nonEmpty(env['NIX_CONF_DIR']) ?? '/etc/nix');
  const reader = new Reader(signal);
  await reader.readFile(join(confDir, 'nix.conf'));
  for (const file of userFiles(env).reverse()) await reader.readFile(resolve(file));
  const inline = env['NIX_CONFIG'];
  if (inline !== undefined) await reader.read(inline, 'NIX_CONFIG', undefined, []);
  const { settings, files, unreadable } = reader;
  return new NixConf(settings, { confDir, files, unreadable });
}

/** The first has the last word. */
function userFiles(env: Readonly<Record<string, string | undefined>>): string[] {
  const list = (text: string): string[] => text.split(delimiter).filter((path) => path !== '');
  const named = env['NIX_USER_CONF_FILES'];
  if (named !== undefined) return list(named);
  const configHome = nonEmpty(env['XDG_CONFIG_HOME']) ?? join(nonEmpty(env['HOME']) ?? homedir(), '.config');
  const systemDirs = list(env['XDG_CONFIG_DIRS'] ?? '/etc/xdg').map((dir) => join(dir, 'nix'));
  const own = nonEmpty(env['NIX_CONFIG_HOME']) ?? join(configHome, 'nix');
  return [own, ...systemDirs].map((dir) => join(dir, 'nix.conf'));
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** Reads files and those they include, and collects what they say in that order. */
class Reader {
  readonly settings: NixConfSetting[] = [];
  readonly files: string[] = [];
  readonly unreadable: string[] = [];
  readonly #signal: AbortSignal | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /**
   * @param open real paths of the files that are being read, the innermost last
   * @returns whether the file is there
   */
  async readFile(file: string, open: readonly string[] = []): Promise<boolean> {
    this.#signal?.throwIfAborted();
    let real: string;
    let bytes: Uint8Array | undefined;
    try {
      real = decodeName(await realpath(onDisk(file), 'buffer'));
      if (open.includes(real)) throw bad(`'${file}' includes itself, by way of ${open.length} files`);
      ({ bytes } = await readSmallFile(onDisk(file), MAX_SIZE));
    } catch (err) {
      if (err instanceof ParseError) throw err;
      const there = (err as { code?: string }).code !== 'ENOENT';
      if (there) this.unreadable.push(file);
      return there;
    }
    if (bytes === undefined) throw bad(`'${file}' is larger than ${MAX_SIZE} bytes`);
    if (this.files.length === MAX_FILES) throw bad(`more than ${MAX_FILES} files are included`);
    this.files.push(file);
    await this.read(decodeName(bytes), file, dirname(file), [...open, real]);
    return true;
  }

  /** @param dir where relative includes begin; `NIX_CONFIG` has none */
  async read(text: string, file: string, dir: string | undefined, open: readonly string[]): Promise<void> {
    for (const item of parseNixConf(text, file)) {
      const { line } = item;
      if (item.type === 'setting') {
        this.settings.push({ name: item.name, value: item.value, file, line });
        continue;
      }
      if (dir === undefined && !isAbsolute(item.path)) {
        throw bad(`line ${line} of '${file}': an include there must have an absolute path`, line);
      }
      const path = resolve(dir ?? '/', item.path);
      if (!(await this.readFile(path, open)) && !item.optional) {
        throw bad(
          `line ${line} of '${file}' includes '${path}', which is not there; '!include' would do without`,
          line,
        );
      }
    }
  }
}

/** Names of files are bytes; see `decodeName`. */
function onDisk(path: string): Buffer {
  return Buffer.from(encodeName(path));
}

function bad(why: string, line?: number): ParseError {
  return new ParseError('ERR_PARSE_NIX_CONF', why, { line });
}

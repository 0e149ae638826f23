/**
 * The configuration of the hook and of the service: a file, and flags that come before it.
 */
import { readFile } from 'node:fs/promises';
import { checkStoreDir } from 'narkit/store-path';
import { SettingValues } from './setting-values.ts';
import { parseListen } from './setting-words.ts';
import { flagSettings, parseSettings } from './settings.ts';
import type { TargetConfig } from './target-config.ts';
import { readTarget } from './target-config.ts';

export type { FilterConfig, TargetConfig } from './target-config.ts';

/** What only the service needs. */
export interface QueueConfig {
  readonly queueDir: string;
  readonly gcRootsDir: string;
  readonly batch: number;
  readonly maxAttempts: number;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  readonly listen: { readonly host: string; readonly port: number } | undefined;
  readonly logFormat: 'text' | 'json';
  readonly stopTimeoutMs: number;
}

export interface Config {
  /** At least one. */
  readonly targets: readonly TargetConfig[];
  readonly nixBinDir: string | undefined;
  readonly storeDir: string | undefined;
  /** Of the whole run of the plain hook. */
  readonly timeoutMs: number | undefined;
  readonly onError: 'fail' | 'ignore';
  readonly queue: QueueConfig;
}

/**
 * Reads the file. `flags` (setting to value) count instead of what it says before its first section.
 *
 * @param options.optional a file that is not there says nothing
 * @throws TypeError that says what is wrong, and where
 */
export async function readConfig(
  file: string,
  flags: Readonly<Record<string, string>> = {},
  options: { readonly optional?: boolean } = {},
): Promise<Config> {
  const { common, sections } = parseSettings(await readText(file, options.optional ?? false), file);
  const everywhere = [flagSettings(flags), common];
  const values = new SettingValues(...everywhere);
  const targets = [...(sections.size === 0 ? [['cache', new Map()] as const] : sections)];
  const retryMinMs = values.duration('retry-min', 5000);
  const retryMaxMs = values.duration('retry-max', Math.max(600_000, retryMinMs));
  if (retryMaxMs < retryMinMs) throw new TypeError(`${file}: retry-max is shorter than retry-min`);
  return {
    targets: targets.map(([name, own]) => readTarget(name, file, own, everywhere)),
    nixBinDir: values.directory('nix-bin-dir'),
    storeDir: values.read('store-dir', checkStoreDir),
    timeoutMs: values.duration('timeout'),
    onError: values.oneOf('on-error', ['fail', 'ignore'], 'fail'),
    queue: {
      queueDir: values.directory('queue-dir', '/var/spool/nix-upload'),
      gcRootsDir: values.directory('gc-roots-dir', '/nix/var/nix/gcroots/nix-upload'),
      batch: values.integer('batch', 1, 10_000, 64),
      maxAttempts: values.integer('max-attempts', 1, 1000, 8),
      retryMinMs,
      retryMaxMs,
      listen: values.read('listen', parseListen),
      logFormat: values.oneOf('log-format', ['text', 'json'], 'text'),
      stopTimeoutMs: values.duration('stop-timeout', 30_000),
    },
  };
}

/** Far beyond any real configuration. */
const MAX_SIZE = 1024 * 1024;

async function readText(file: string, optional: boolean): Promise<string> {
  try {
    const bytes = await readFile(file);
    if (bytes.length > MAX_SIZE) throw new TypeError(`it has more than ${MAX_SIZE} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    if (optional && (cause as { code?: string }).code === 'ENOENT') return '';
    throw new TypeError(`cannot read the configuration ${file}: ${(cause as Error).message}`, { cause });
  }
}

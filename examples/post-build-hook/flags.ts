/**
 * The flags of the plain hook: its settings, and `--config FILE`.
 */
import { parseArgs } from 'node:util';
import { type Config, readConfig } from './config.ts';
import { HOOK_SETTINGS, TARGET_SETTINGS } from './settings.ts';

/**
 * Reads flags and file: the one that `--config` names, or else `<program>.conf`, which may be absent when the
 * flags say everything.
 *
 * @param argv Node's, with the program as its second
 */
export async function readFlags(argv: readonly string[]): Promise<Config> {
  const names = [...TARGET_SETTINGS, ...HOOK_SETTINGS, 'config'];
  const { values } = parseArgs({
    args: argv.slice(2),
    options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
    strict: true,
  });
  const { config, ...flags } = values as Readonly<Record<string, string>>;
  return await readConfig(config ?? `${argv[1]}.conf`, flags, { optional: config === undefined });
}

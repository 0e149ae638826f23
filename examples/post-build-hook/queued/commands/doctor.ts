/**
 * `upload-queue doctor`: looks at the whole set-up, and says what to change.
 */
import type { Config } from '../../config.ts';
import { type Finding, runDoctor } from '../doctor/doctor.ts';
import { counted, plain } from '../text.ts';
import { type Context, EXIT, type Exit } from './context.ts';

export interface DoctorCommandOptions {
  readonly json?: boolean;
}

/** @param config Settings, or why they could not be read: the doctor says so, and looks at the rest. */
export async function doctor(
  config: Config | Error,
  { configFile, out }: Pick<Context, 'configFile' | 'out'>,
  { json = false }: DoctorCommandOptions,
): Promise<Exit> {
  const count = { ok: 0, warning: 0, error: 0 };
  for await (const finding of runDoctor(config, { configFile })) {
    count[finding.level]++;
    out(json ? `${JSON.stringify(finding)}\n` : findingText(finding));
  }
  if (!json) out(`${counted(count.error, 'error')}, ${counted(count.warning, 'warning')}, ${count.ok} ok\n`);
  return count.error > 0 ? EXIT.found : EXIT.ok;
}

function findingText({ level, check, what, fix }: Finding): string {
  const head = `${level.padEnd(7)}  ${plain(check)}: ${plain(what)}\n`;
  return fix === undefined ? head : `${head}         -> ${plain(fix)}\n`;
}

/**
 * Imports modules one after the other and writes what came of each: `run-blocks.ts RESULT FILE...`.
 */
import { writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { format, inspect } from 'node:util';

/** One call of `console.log`. */
export interface Logged {
  /** 1-based line of the call. */
  readonly line: number;
  /** The text as logged, and with strings in quotes. */
  readonly texts: readonly string[];
}

export interface Outcome {
  readonly error?: string;
  readonly logged: readonly Logged[];
}

const [, , result, ...files] = argv;
const outcomes: Record<string, Outcome> = {};
for (const file of files) {
  const url = pathToFileURL(file).href;
  const logged: Logged[] = [];
  const frame = new RegExp(`${url.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}:(\\d+)`);
  console.log = (...args: unknown[]) => {
    const line = Number(frame.exec(new Error().stack ?? '')?.[1]);
    logged.push({ line, texts: [format(...args), args.map((arg) => inspect(arg)).join(' ')] });
  };
  const stray: unknown[] = [];
  const onStray = (error: unknown): void => void stray.push(error);
  process.on('unhandledRejection', onStray);
  try {
    await import(url);
    await new Promise((resolve) => setImmediate(resolve));
    if (stray.length > 0) throw stray[0];
    outcomes[file] = { logged };
  } catch (error) {
    outcomes[file] = { logged, error: inspect(error) };
  }
  process.off('unhandledRejection', onStray);
}
writeFileSync(result as string, JSON.stringify(outcomes));

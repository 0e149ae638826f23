/** What the topics share in asking a Nix. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { ConformanceVerdict, Json } from '../../src/conformance/suite.ts';
import type { NixWorld, Outcome } from '../../test/support/nix.ts';

/** The message of a Nix that refused: its last error, on one line, without colours and without the directory and
 * the place in the expression that asked. */
export function refusal(world: NixWorld, stderr: string): string {
  const plain = stripVTControlCharacters(utf8(stderr)).replaceAll(world.dir, '<dir>');
  const last = plain.lastIndexOf('error:');
  const message = last < 0 ? plain : plain.slice(last + 'error:'.length);
  // What follows in an evaluation is where it happened.
  return (
    message
      .replace(/\n\s+at «string»[\s\S]*/, '')
      .replace(/\bTry '\S+ --help' for more information\./, '')
      // What follows a failed assertion is a report of the crash.
      .replace(/\bNix crashed\.[\s\S]*/, '')
      .replaceAll(/\s+/g, ' ')
      .trim()
  );
}

/** What a world's programs print is given as bytes, one a character. */
function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}

/** A string literal of the Nix language. */
export function nixString(text: string): string {
  return `"${text.replaceAll(/[\\"$]/g, '\\$&')}"`;
}

/** A verdict from one run: what it printed, or why it failed. */
export function verdictOf(
  world: NixWorld,
  outcome: Outcome,
  result: (stdout: string) => Json,
): ConformanceVerdict {
  return outcome.code === 0
    ? { accepts: result(utf8(outcome.stdout)) }
    : { rejects: refusal(world, outcome.stderr) };
}

/** Runs a program that reads standard input. */
export async function tryWithInput(
  world: NixWorld,
  program: string,
  args: readonly string[],
  input: string | Uint8Array,
  extra: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  const child = spawn(join(world.nix.binDir, program), args, {
    env: { ...world.env, ...extra },
    cwd: world.dir,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('latin1').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('latin1').on('data', (chunk: string) => {
    stderr += chunk;
  });
  // It may end without reading all.
  child.stdin.on('error', () => {}).end(input);
  const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? -1)));
  return { code, stdout, stderr };
}

/** Asks about each by a process of its own, two at a time. */
export async function askEach<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await ask(items[i] as T);
  };
  await Promise.all([worker(), worker()]);
  return results;
}

/** The real programs, to read what we write and write what we read. */
import { execFile, spawnSync } from 'node:child_process';

/** Why tests that need `program` cannot run; `undefined` when it is there. */
export function without(program: string): string | undefined {
  const { error } = spawnSync(program, ['--version'], { stdio: 'ignore' });
  return error === undefined ? undefined : `the program '${program}' is not available`;
}

/** What the program writes when it gets `input`. */
export async function pipe(input: Uint8Array, program: string, ...args: string[]): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const child = execFile(program, args, { encoding: 'buffer', maxBuffer: 2 ** 30 }, (err, stdout) => {
    if (err) reject(err);
    else resolve(stdout);
  });
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return await promise;
}

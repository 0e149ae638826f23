/**
 * A post-build hook for Nix that only hands over: it queues what was built, for the service
 * `upload-queue` to publish. It neither waits for a network nor fails the build, unless
 * `strict = true`. See README.md in the directory above; `enqueue-upload.sh` does the same without
 * Node.js.
 *
 * The start of the process is most of its time, so it imports little: no codec, no client; and
 * it reads and writes synchronously, for the threads of what is not take longer to start than that.
 */
import { writeSync } from 'node:fs';
import process from 'node:process';
import { enqueueBuilt } from './enqueue.ts';
import { readHookConfig } from './hook-config.ts';
import { builtOutputs } from './outputs.ts';

async function main(): Promise<void> {
  const config = readHookConfig(`${process.argv[1]}.conf`);
  const built = await builtOutputs(process.env);
  const problems = [...config.problems, ...built.problems, ...enqueueBuilt(built, config)];
  if (problems.length === 0) return;
  complain(problems);
  if (config.strict) process.exitCode = 1;
}

/** One line: Nix shows it among those of the build. */
function complain(problems: readonly string[]): void {
  try {
    writeSync(2, `enqueue-upload: ${problems.join('; ').replaceAll(/\s+/g, ' ')}\n`);
  } catch {
    // Nobody listens.
  }
}

void main();

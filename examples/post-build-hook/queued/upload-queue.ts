/**
 * `upload-queue`: the service that uploads what the hook has queued, and the commands to look after it.
 * See README.md beside this file.
 */
import process, { argv, stderr, stdout } from 'node:process';
import { Command, CommanderError } from 'commander';
import { isNarkitError } from 'narkit';
import { readConfig } from '../config.ts';
import { add } from './commands/add.ts';
import { type Context, EXIT, type Exit } from './commands/context.ts';
import { dead } from './commands/dead.ts';
import { doctor } from './commands/doctor.ts';
import { init } from './commands/init.ts';
import { retry } from './commands/retry.ts';
import type { ServeOptions } from './commands/serve.ts';
import { status } from './commands/status.ts';
import { drain, wait } from './commands/wait.ts';
import { parseDuration, parseListen, parsePriority, parseTag } from './commands/words.ts';
import { plain, redact } from './text.ts';

const HELP = `
Exit status: 0 all is well; 1 what was asked about is not, such as a path that was given up;
2 the time for waiting is over; 3 the command could not be done.`;

function commands(): Command {
  const program = new Command('upload-queue')
    .description('Uploads built Nix store paths to binary caches, in the background.')
    .option('--config <file>', 'settings', `${argv[1]}.conf`)
    .addHelpText('after', HELP);
  const target = ['--target <name>', 'only for this target of the settings'] as const;
  const json = ['--json', 'for programs'] as const;

  program
    .command('serve')
    .description('run the service: SIGTERM ends it after the batch, SIGHUP reads settings and keys anew')
    .option(
      '--listen-anywhere <host:port>',
      "as the setting 'listen', of an address others can reach",
      parseListen,
    )
    .action(
      run(async (context, options: ServeOptions) => {
        // Only this needs all of publishing: the others are there at once.
        const { serve } = await import('./commands/serve.ts');
        // Whatever was given up as hanging must not keep the process.
        process.exit(await serve(context, options));
      }),
    );
  program
    .command('status')
    .description('how much waits, and which targets answer')
    .option(...target)
    .option(...json)
    .action(run(status));
  program
    .command('wait')
    .description('wait until nothing, or nothing with a tag, is queued; 1 at once when one was given up')
    .option('--tag <tag>', 'only for entries with this tag', parseTag)
    .option('--timeout <duration>', 'such as 90s, 10min or 1h', parseDuration)
    .option(...target)
    .action(run(wait));
  program
    .command('drain')
    .description('wait until nothing is queued, and say so when nothing moves')
    .option('--timeout <duration>', 'such as 90s, 10min or 1h', parseDuration)
    .option(...target)
    .action(run(drain));
  program
    .command('retry')
    .description('queue again what was given up; what is delayed comes at its time')
    .argument('[path...]', 'only these')
    .option(...target)
    .action(runWith(retry));
  program
    .command('dead')
    .description('what was given up, and why')
    .argument('[path...]', 'only these')
    .option('--discard', 'remove them, and let them be collected')
    .option(...target)
    .option(...json)
    .action(runWith(dead));
  program
    .command('add')
    .description('queue paths by hand')
    .argument('<path...>', 'store paths, or links to them such as ./result')
    .option('--tag <tag>', 'a label to wait for; may be repeated', collectTags)
    .option('--priority <number>', '0 is first, 9 is last', parsePriority)
    .option(...target)
    .action(runWith(add));
  program
    .command('init')
    .description('make the directories of queues and roots; again for new targets')
    .option('--group <group>', 'name or number of the group that hook and service share')
    .action(run(init));
  program
    .command('doctor')
    .description('look at the whole set-up, and say what to change')
    .option(...json)
    .action(async (options: { json?: boolean }, command: Command) => {
      const configFile = configOf(command);
      const config = await readConfig(configFile).catch((error: Error) => error);
      process.exitCode = await doctor(config, { configFile, out }, options);
    });
  return program;
}

function configOf(command: Command): string {
  return command.optsWithGlobals<{ config: string }>().config;
}

/** A command as commander calls it. */
function run<O>(work: (context: Context, options: O) => Promise<Exit>) {
  return async (options: O, command: Command): Promise<void> => {
    process.exitCode = await work(await contextOf(command), options);
  };
}

/** As {@link run}, with arguments. */
function runWith<O>(work: (context: Context, words: string[], options: O) => Promise<Exit>) {
  return async (words: string[], options: O, command: Command): Promise<void> => {
    process.exitCode = await work(await contextOf(command), words, options);
  };
}

async function contextOf(command: Command): Promise<Context> {
  const configFile = configOf(command);
  return { config: await readConfig(configFile), configFile, out, err };
}

function collectTags(tag: string, before: readonly string[] = []): string[] {
  return [...before, parseTag(tag)];
}

function out(text: string): void {
  stdout.write(text);
}

function err(line: string): void {
  stderr.write(`upload-queue: ${redact(line)}\n`);
}

// Whoever read along has gone, such as `head`: that is no failure, and the service goes on.
for (const stream of [stdout, stderr]) {
  stream.on('error', (error: { code?: string }) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const program = commands();
for (const command of [program, ...program.commands])
  command.exitOverride().showHelpAfterError("('--help' says what there is)");
program.parseAsync(argv).catch((error: unknown) => {
  if (error instanceof CommanderError) {
    // Commander has said it.
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.failed;
    return;
  }
  // A known failure needs no stack trace: its message says what, where and what to do.
  const known = isNarkitError(error) || error instanceof TypeError;
  err(known ? plain(error.message) : String((error as Error).stack ?? error));
  process.exitCode = EXIT.failed;
});

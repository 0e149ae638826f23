/**
 * Runs the tests against the sources:
 *
 *     npm run test:only                            all of them
 *     npm run test:only -- test/nar/*.test.ts      some
 *     npm run test:only -- --test-name-pattern=law other options of `node --test`
 *
 * Tests that need Nix or an S3 server skip where there is none, and are named with their reasons
 * before the summary; `NARKIT_REQUIRE=nix,s3` turns these skips into failures.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { argv, execPath, exit } from 'node:process';

/** Milliseconds for one test, and for one file of tests. */
const TIMEOUT = 300_000;

const given = argv.slice(2);
const options = given.filter((arg) => arg.startsWith('-'));
const files = given.filter((arg) => !arg.startsWith('-'));
const root = join(import.meta.dirname, '..');
const { status, error } = spawnSync(
  execPath,
  [
    '--conditions=@narkit/source',
    '--test',
    `--test-timeout=${TIMEOUT}`,
    `--test-reporter=${join(root, 'scripts/test-reporter.ts')}`,
    '--test-reporter-destination=stdout',
    ...options,
    ...(files.length > 0 ? files : ['test/**/*.test.ts']),
  ],
  { cwd: root, stdio: 'inherit' },
);
if (error !== undefined) throw error;
exit(status ?? 1);

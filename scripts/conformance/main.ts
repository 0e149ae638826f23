/**
 * Writes the suites of the conformance kit, by running a Nix 2.8 and the newest Nix there is:
 *
 *     npm run conformance                     all topics
 *     npm run conformance -- nix32 nar        some
 *     npm run conformance -- --check [...]    compares with what is committed, and fails when it differs
 *
 * Nix is found in PATH, and in the directories that NARKIT_NIX_BINS lists.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, exit } from 'node:process';
import { parseArgs } from 'node:util';
import { nixInstallations } from '../../test/support/nix.ts';
import { generate, nixPair } from './generate.ts';
import { topics } from './topics.ts';

const CASES = join(import.meta.dirname, '../../src/conformance/cases');

const { values, positionals } = parseArgs({
  args: argv.slice(2),
  options: { check: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !topics.some(({ topic }) => topic === name));
if (unknown.length > 0) throw new Error(`there is no topic ${unknown.join(', ')}`);
const pair = nixPair(nixInstallations());
if (pair === undefined) throw new Error('a Nix 2.8 and a Nix 2.34 are needed: see NARKIT_NIX_BINS');

let failed = false;
for (const topic of topics) {
  if (positionals.length > 0 && !positionals.includes(topic.topic)) continue;
  const file = join(CASES, `${topic.topic}.json`);
  const dir = await mkdtemp(join(tmpdir(), 'conformance-'));
  const { text, problems } = await generate(topic, pair, dir).finally(() => rm(dir, { recursive: true }));
  for (const problem of problems) console.error(`${topic.topic}: ${problem}`);
  const before = await readFile(file, 'utf8').catch(() => '');
  if (values.check && text !== before) console.error(`${topic.topic}: differs from what is committed`);
  if (!values.check) await writeFile(file, text);
  failed ||= problems.length > 0 || (values.check && text !== before);
  console.log(`${topic.topic}: ${topic.inputs.length} cases`);
}
exit(failed ? 1 : 0);

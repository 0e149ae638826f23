/**
 * Prints how narkit compares with Nix and others on this machine: whole processes, in turn, medians.
 *
 *     npm run bench
 *     npm run bench -- --only hash,publish    some of the questions
 *     npm run bench -- --quick                a hundredth of the input: does everything work?
 *     npm run bench -- --dir /mnt/fast        where the inputs and outputs are made
 */
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { Bench } from './bench.ts';
import { benchEventLoop } from './event-loop.ts';
import { benchHash } from './hash.ts';
import { benchImport } from './import-cost.ts';
import { benchManyPaths } from './many-paths.ts';
import { benchMemory } from './memory.ts';
import { benchNarInfos } from './narinfo.ts';
import { benchPublish } from './publish.ts';
import { benchRead } from './read.ts';
import { benchFetch, benchRestore } from './restore.ts';
import { type Line, printTable } from './row.ts';
import { benchSeek } from './seek.ts';

const QUESTIONS: Readonly<Record<string, (bench: Bench) => Promise<Line[]>>> = {
  hash: benchHash,
  restore: benchRestore,
  publish: benchPublish,
  fetch: benchFetch,
  read: benchRead,
  narinfo: benchNarInfos,
  'many-paths': benchManyPaths,
  memory: benchMemory,
  'event-loop': benchEventLoop,
  import: benchImport,
  seek: benchSeek,
};

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    dir: { type: 'string', default: tmpdir() },
  },
});
const wanted = values.only?.split(',') ?? Object.keys(QUESTIONS);
const unknown = wanted.find((name) => !(name in QUESTIONS));
if (unknown !== undefined) {
  throw new RangeError(`no question '${unknown}'; there are ${Object.keys(QUESTIONS).join(', ')}`);
}

const bench = new Bench(values.dir, values.quick);
const lines: Line[] = [];
try {
  if (bench.newest === undefined) {
    lines.push({ row: '', work: 'against Nix', missing: 'Nix is not installed (PATH, NARKIT_NIX_BINS)' });
  }
  for (const name of wanted) {
    const started = performance.now();
    const found = (await QUESTIONS[name]?.(bench)) ?? [];
    lines.push(...found);
    console.error(`${name}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
  }
} finally {
  await bench.close();
}
const key = ({ row }: Line): number => Number.parseInt(row, 10) || 0;
console.log(printTable(lines.toSorted((a, b) => key(a) - key(b))));

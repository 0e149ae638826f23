/**
 * What does it cost to have the library: to import it, to ship it?
 */
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Bench } from './bench.ts';
import { ourProgram, time } from './compare.ts';
import { type Line, median } from './row.ts';

/** Row 15. */
export async function benchImport(bench: Bench): Promise<Line[]> {
  const lines: Line[] = [];
  for (const [name, target] of [
    ['narkit', 30],
    ['narkit/narinfo', 10],
    ['narkit/node', undefined],
  ] as const) {
    const command = { name, argv: ourProgram('import-cost', name) };
    const figures: number[] = [];
    for (let i = 0; i < bench.runs.many; i++) figures.push(Number((await time(command)).stdout));
    const cost = median(figures);
    lines.push({
      row: '15',
      work: `import '${name}'`,
      ours: `${cost.toFixed(1)} ms`,
      peer: '',
      figure: `${cost.toFixed(1)} ms`,
      target: target === undefined ? '' : `<= ${target} ms`,
      reached: cost <= (target ?? Number.POSITIVE_INFINITY),
    });
  }
  const { kilobytes, foreign } = await bundle();
  lines.push({
    row: '15',
    work: 'a Worker that verifies narinfos, gzipped',
    ours: `${kilobytes.toFixed(1)} kB`,
    peer: foreign.length === 0 ? 'no AWS, no NAR code' : foreign.join(' '),
    figure: `${kilobytes.toFixed(1)} kB`,
    target: '<= 30 kB',
    reached: kilobytes <= 30 && foreign.length === 0,
  });
  return lines;
}

const WORKER = `import { parseNarInfo, validSigners } from 'narkit/narinfo';
import { Keyring, parsePublicKey } from 'narkit/signature';
export default {
  async fetch(request, env) {
    const keyring = new Keyring([parsePublicKey(env.KEY)]);
    return Response.json(validSigners(parseNarInfo(await request.text()), keyring));
  },
};`;

/** As a Worker's author would bundle it: portable conditions, minified. */
async function bundle(): Promise<{ kilobytes: number; foreign: string[] }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: WORKER, resolveDir: join(import.meta.dirname, '..') },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    conditions: ['worker', 'browser'],
  });
  // The core is what narinfos need; NARs are in the other chunks.
  const inputs = Object.entries(Object.values(metafile.outputs)[0]?.inputs ?? {});
  const foreign = inputs
    .filter(([path, { bytesInOutput }]) => bytesInOutput > 0 && /aws-sdk|chunks\/(?!core|base)/.test(path))
    .map(([path]) => path);
  return { kilobytes: gzipSync(outputFiles[0]?.contents ?? '').length / 1000, foreign };
}

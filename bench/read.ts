/**
 * Reading a NAR: how fast can one look at what is in it?
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Bench } from './bench.ts';
import { compare, ourProgram } from './compare.ts';
import type { Line } from './row.ts';

/** Row 8. */
export async function benchRead(bench: Bench): Promise<Line[]> {
  const { newest } = bench;
  if (newest === undefined) return [];
  const nar = bench.nar(newest);
  const { many: runs } = bench.runs;
  const lines: Line[] = [];
  const gonix = findGonix();
  const skipping = { name: 'narkit', argv: ourProgram('read-nar', nar, 'skip') };
  if (gonix === undefined) {
    lines.push({ row: '8', work: 'list that NAR', missing: 'gonix is not installed (NARKIT_GONIX, PATH)' });
  } else {
    const peer = { name: 'gonix nar ls', argv: [gonix, 'nar', 'ls', '-R', nar] };
    lines.push(
      ...(await compare('8', 'list that NAR', skipping, [{ command: peer, target: 1 / 3 }], { runs })),
    );
  }
  const plain = { name: 'node:crypto', argv: ourProgram('sha256', nar) };
  const hashing = { name: 'narkit', argv: ourProgram('read-nar', nar, 'hash') };
  const work = 'read that NAR and hash its files';
  lines.push(...(await compare('8', work, hashing, [{ command: plain, target: 1 / 0.85 }], { runs })));
  return lines;
}

function findGonix(): string | undefined {
  const places = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'gonix'));
  return [process.env['NARKIT_GONIX'] ?? '', ...places].find((path) => path !== '' && existsSync(path));
}

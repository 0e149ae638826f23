/**
 * Does publishing leave the event loop to others?
 */
import type { Bench } from './bench.ts';
import { time } from './compare.ts';
import { publishing } from './publish.ts';
import type { Line } from './row.ts';

const TARGET_MS = 25;

/** Row 14. */
export async function benchEventLoop(bench: Bench): Promise<Line[]> {
  const { newest } = bench;
  if (newest === undefined) return [];
  const { store, path } = await bench.world(newest);
  const command = publishing(bench, store, path, 'zstd');
  const { stdout } = await time({ ...command, argv: [...(command.argv as string[]), 'watch'] });
  const delay = Number(stdout);
  return [
    {
      row: '14',
      work: "event loop's delay while that tree is published",
      ours: `p99 ${delay.toFixed(1)} ms`,
      peer: '',
      figure: `${delay.toFixed(1)} ms`,
      target: `<= ${TARGET_MS} ms`,
      reached: delay <= TARGET_MS,
    },
  ];
}

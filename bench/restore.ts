/**
 * NAR to disk, and a whole download: how long until a path is there?
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from 'narkit/node';
import { serve } from '../examples/serve-cache/serve.ts';
import type { Bench } from './bench.ts';
import { type Command, compare, ourProgram, type Peer } from './compare.ts';
import type { Line } from './row.ts';

/** Row 3. */
export async function benchRestore(bench: Bench): Promise<Line[]> {
  const { newest } = bench;
  if (newest === undefined) return [];
  const nar = bench.nar(newest);
  const [ours, theirs] = [bench.place('restored'), bench.place('restored-by-nix')];
  const command: Command = {
    name: 'narkit',
    argv: ourProgram('restore', nar, ours),
    prepare: () => bench.remove(ours),
  };
  const peers = bench.nixes.map(({ binDir, version }): Peer => {
    const script = 'exec "$0" --restore "$1" < "$2"';
    const argv = ['/bin/sh', '-c', script, join(binDir, 'nix-store'), theirs, nar];
    const prepare = () => bench.remove(theirs);
    return { command: { name: `nix-store ${version} --restore`, argv, prepare }, target: 1 };
  });
  const rows = await compare('3', 'restore that tree', command, peers, { runs: bench.runs.few });
  for (const path of [ours, theirs]) await bench.remove(path);
  return rows;
}

/** Row 7. */
export async function benchFetch(bench: Bench): Promise<Line[]> {
  const { newest } = bench;
  if (newest === undefined) return [];
  const { store, path } = await bench.world(newest);
  const cache = bench.place('cache-to-fetch');
  const url = `file://${cache}`;
  await store.run(
    newest,
    'nix',
    'copy',
    '--from',
    store.url,
    '--to',
    `${url}?compression=zstd`,
    '--no-check-sigs',
    path,
  );
  const served = await serve(await openStore(url));
  const [ours, theirs] = [bench.place('fetched'), bench.place('fetched-by-nix')];
  const lines: Line[] = [];
  for (const [where, from] of [
    ['file://', url],
    ['HTTP', served.url],
  ] as const) {
    const command: Command = {
      name: 'narkit',
      argv: ourProgram('fetch', from, path, ours),
      prepare: () => bench.remove(ours),
    };
    const peers = bench.nixes.map(
      ({ binDir, version }): Peer => ({
        command: {
          name: `nix ${version} copy`,
          argv: [
            join(binDir, 'nix'),
            'copy',
            '--from',
            from,
            '--to',
            `local?root=${theirs}`,
            '--no-check-sigs',
            path,
          ],
          // A fresh HOME: Nix remembers narinfos.
          env: { ...store.env, HOME: join(theirs, 'home') },
          prepare: async () => {
            await bench.remove(theirs);
            mkdirSync(join(theirs, 'home'), { recursive: true });
          },
        },
        target: 0.8,
      }),
    );
    lines.push(
      ...(await compare('7', `fetch that tree, zstd, ${where}`, command, peers, { runs: bench.runs.few })),
    );
  }
  await served.close();
  for (const each of [ours, theirs, cache]) await bench.remove(each);
  return lines;
}

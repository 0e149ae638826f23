/**
 * What does one small file out of a large compressed NAR cost?
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createRequestListener } from '@remix-run/node-fetch-server';
import { BinaryCache } from 'narkit/cache';
import { createHandler } from 'narkit/handler';
import { hashSource } from 'narkit/hash';
import { writeNar } from 'narkit/nar';
import { dumpPath, FileStore, zstd } from 'narkit/node';
import { publish } from 'narkit/publish';
import { makeContentAddressedPath, printStorePath } from 'narkit/store-path';
import type { Bench } from './bench.ts';
import { type Command, compare, ourProgram, time } from './compare.ts';
import { makeFile } from './fixtures.ts';
import type { Line } from './row.ts';

const GIB: number = 1024 ** 3;
const WORK = '10 kB out of a NAR of 2 GiB, zstd, over HTTP';

/** Row 16. */
export async function benchSeek(bench: Bench): Promise<Line[]> {
  const store = new FileStore(bench.place('cache-of-one'));
  const path = await publishLarge(bench, store);
  const server = createServer(createRequestListener(createHandler(store)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const command = (name: string, mode: string): Command => ({
      name,
      argv: ourProgram('one-file', url, path, 'm', mode),
    });
    const seek = command('narkit', 'seek');
    const download = command('narkit, the whole NAR', 'download');
    const [some, all] = [await cost(seek), await cost(download)];
    return [
      ...(await compare('16', WORK, seek, [{ command: download, target: 0.1 }], { runs: bench.runs.few })),
      {
        row: '16',
        work: `${WORK}: what is transferred`,
        ours: `${some.ranges} ranges, ${megabytes(some.bytes)}`,
        peer: `${megabytes(all.bytes)}, the whole NAR`,
        figure: (some.bytes / all.bytes).toFixed(4),
        target: '<= 3 ranges, 0.0100',
        reached: some.ranges <= 3 && some.bytes / all.bytes <= 0.01,
      },
    ];
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** A path with the file between two large ones; returns its name. */
async function publishLarge(bench: Bench, store: FileStore): Promise<string> {
  const tree = bench.place('large-tree');
  for (const name of ['a', 'z']) {
    mkdirSync(join(tree, name), { recursive: true });
    await makeFile(join(tree, name), bench.scaled(GIB));
  }
  writeFileSync(join(tree, 'm'), randomBytes(10_000));
  const nar = () => writeNar(dumpPath(tree));
  const { hash, size } = await hashSource('sha256', nar());
  const ca = { method: 'nar', hash } as const;
  const storePath = makeContentAddressedPath('large', ca);
  const info = { storePath, narHash: hash, narSize: size, references: [], signatures: [], ca };
  await publish(new BinaryCache(store), [info], { nar, codec: zstd, listing: true });
  await bench.remove(tree);
  return printStorePath(storePath);
}

interface Cost {
  readonly ranges: number;
  readonly bytes: number;
}

async function cost(command: Command): Promise<Cost> {
  return JSON.parse((await time(command)).stdout) as Cost;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

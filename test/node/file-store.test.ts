import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FileStore } from '../../src/node/file-store.ts';
import { describeStore } from '../../src/testing/index.ts';

for (const [title, options] of [
  ['FileStore', {}],
  ['FileStore with sync', { sync: true }],
] as const) {
  describeStore({
    test,
    title,
    create: async () => new FileStore(await mkdtemp(join(tmpdir(), 'narkit-file-store-')), options),
    destroy: (store) => rm((store as FileStore).directory, { recursive: true }),
  });
}

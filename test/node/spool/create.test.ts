import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Spool } from 'narkit/node';
import { names, spoolDir } from './support.ts';

test('many may make a spool at once: each opens it, and it stays one', async (t) => {
  const parent = await spoolDir(t);
  for (let round = 0; round < 40; round++) {
    const directory = join(parent, String(round));
    const spools = await Promise.all(
      Array.from({ length: 8 }, () => Spool.open(directory, { minFreeBytes: 0 })),
    );
    assert.equal(await readFile(join(directory, 'version'), 'utf8'), 'narkit-spool 1\n');
    assert.deepEqual(await names(directory, 'tmp'), []);
    for (const spool of spools) await spool.close();
  }
});

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { collect } from 'narkit';
import { localNar } from 'narkit/node';
import { parseBaseName } from 'narkit/store-path';
import { tempDir } from '../support/temp.ts';

const storePath = parseBaseName('8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-tree');

it('gives others their turn while it reads a tree of small files', async (t) => {
  const dir = await tempDir(t);
  await mkdir(join(dir, storePath));
  const content = new Uint8Array(16_384);
  for (let i = 0; i < 3000; i++) await writeFile(join(dir, storePath, `${i}`), content);

  let turns = 0;
  let reading = true;
  const count = (): void => {
    turns++;
    if (reading) setImmediate(count);
  };
  setImmediate(count);
  const nar = await collect(localNar({ realStoreDir: dir })({ storePath }));
  reading = false;
  assert.ok(nar.length > 3000 * content.length);
  // It takes tens of milliseconds, and none of its steps would wait for anything.
  assert.ok(turns > 3, `${turns} turns`);
});

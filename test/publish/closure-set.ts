/**
 * A closure of forty paths, always the same: what the crash tests publish.
 */
import { createHash } from 'node:crypto';
import type { StorePath } from 'narkit/store-path';
import { pathOf, type TestObject, textObject } from '../support/infos.ts';

export const COUNT = 40;

export async function closureSet(): Promise<TestObject[]> {
  const objects: TestObject[] = [];
  for (let i = 0; i < COUNT; i++) {
    const references: StorePath[] = [];
    for (let j = 1; j * j <= i; j++) references.push(pathOf(`path-${i - j * j}`));
    // Incompressible, of sizes from 1 byte to 100 kB.
    const seed = createHash('sha512').update(String(i)).digest();
    const content = Buffer.alloc(1 + ((i * 2503) % 100_000), seed);
    objects.push(await textObject(`path-${i}`, content, [...new Set(references)].sort()));
  }
  return objects;
}

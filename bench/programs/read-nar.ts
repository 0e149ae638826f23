/**
 * Reads a NAR: `read-nar.ts NAR skip` counts its entries, `read-nar.ts NAR hash` hashes its files' contents.
 */
import { createHash } from 'node:crypto';
import { argv } from 'node:process';
import { toAsyncIterable } from 'narkit';
import { readNar } from 'narkit/nar';
import { chunksOf } from './chunks.ts';

const [, , nar, mode] = argv as [string, string, string, string];
const hash = createHash('sha256');
let entries = 0;
for await (const entry of readNar(chunksOf(nar))) {
  entries++;
  if (mode !== 'hash' || entry.type !== 'regular') continue;
  if (entry.body instanceof Uint8Array) hash.update(entry.body);
  else for await (const chunk of toAsyncIterable(entry.body)) hash.update(chunk);
}
console.log(entries, hash.digest('hex'));

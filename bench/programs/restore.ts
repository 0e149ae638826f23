/**
 * A NAR file to a tree: `restore.ts NAR DESTINATION`.
 */
import { argv } from 'node:process';
import { readNar } from 'narkit/nar';
import { restorePath } from 'narkit/node';
import { chunksOf } from './chunks.ts';

const [, , nar, destination] = argv as [string, string, string, string];
await restorePath(readNar(chunksOf(nar), { inlineSize: 1024 * 1024 }), destination);

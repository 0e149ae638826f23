/**
 * A NAR file to a tree: `restore.ts NAR DESTINATION`.
 */
import { createReadStream } from 'node:fs';
import { argv } from 'node:process';
import { readNar } from 'narkit/nar';
import { restorePath } from 'narkit/node';

const [, , nar, destination] = argv as [string, string, string, string];
await restorePath(readNar(createReadStream(nar, { highWaterMark: 1024 * 1024 })), destination);

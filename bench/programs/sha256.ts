/**
 * SHA-256 of a file's bytes and nothing else: `sha256.ts FILE`.
 */
import { createHash } from 'node:crypto';
import { openSync, readSync } from 'node:fs';
import { argv } from 'node:process';

const fd = openSync(argv[2] as string, 'r');
const hash = createHash('sha256');
const buffer = Buffer.allocUnsafe(1024 * 1024);
for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer))
  hash.update(buffer.subarray(0, count));
console.log(hash.digest('hex'));

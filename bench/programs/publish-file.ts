/**
 * Publishes one file as a content-addressed path: `publish-file.ts FILE CACHE_URL`. Prints the peak
 * of its memory in kB, and the path.
 */
import { argv, resourceUsage } from 'node:process';
import { hashSource } from 'narkit/hash';
import { writeNar } from 'narkit/nar';
import { dumpPath, openCache } from 'narkit/node';
import { publish } from 'narkit/publish';
import { makeContentAddressedPath, printStorePath } from 'narkit/store-path';

const [, , file, url] = argv as [string, string, string, string];
const { hash: narHash, size: narSize } = await hashSource('sha256', writeNar(dumpPath(file)));
const ca = { method: 'nar', hash: narHash } as const;
const storePath = makeContentAddressedPath('file', ca);
const { cache, publishing } = await openCache(url);
await publish(cache, [{ storePath, narHash, narSize, references: [], signatures: [], ca }], {
  ...publishing,
  nar: () => writeNar(dumpPath(file)),
});
console.log(resourceUsage().maxRSS, printStorePath(storePath));

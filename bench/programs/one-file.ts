/**
 * Gets one file of a path out of a cache: `one-file.ts CACHE_URL STORE_PATH FILE seek` by ranges, with
 * `download` by reading the whole NAR. Prints how many ranges and how many bytes of the NAR came.
 */
import { argv } from 'node:process';
import { collect } from 'narkit';
import { BinaryCache, openArchive } from 'narkit/cache';
import { readNar } from 'narkit/nar';
import { nodeCodecs } from 'narkit/node';
import { HttpStore } from 'narkit/store';
import { parseStorePath } from 'narkit/store-path';

const [, , url, path, file, mode] = argv as [string, string, string, string, string, string];
let ranges = 0;
let bytes = 0;
const store = new HttpStore(url, {
  async fetch(request) {
    const response = await fetch(request);
    if (request.headers.has('range')) ranges++;
    if (request.url.includes('/nar/')) bytes += Number(response.headers.get('content-length'));
    return response;
  },
});
const cache = new BinaryCache(store, { decoders: nodeCodecs });
const info = await cache.narInfo(parseStorePath(path));
if (info === undefined) throw new Error(`the cache has no ${path}`);

let found: Uint8Array | undefined;
if (mode === 'seek') {
  found = await (await openArchive(cache, info))?.readBytes(file);
} else {
  for await (const entry of readNar(await cache.openNar(info)))
    if (entry.type === 'regular' && entry.path === file) found = await collect(entry.body);
}
if (found === undefined) throw new Error(`there is no ${file} in ${path}`);
console.log(JSON.stringify({ ranges, bytes, found: found.length }));

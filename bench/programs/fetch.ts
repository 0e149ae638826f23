/**
 * Fetches a path from a cache, checks and restores it: `fetch.ts CACHE_URL STORE_PATH DESTINATION`. Prints
 * the peak of its memory in kB.
 */
import { argv, resourceUsage } from 'node:process';
import { readNar } from 'narkit/nar';
import { openCache, restorePath } from 'narkit/node';
import { fetchPath } from 'narkit/publish';
import { parseStorePath } from 'narkit/store-path';

const [, , url, path, destination] = argv as [string, string, string, string, string];
const { cache } = await openCache(url);
const { nar } = await fetchPath(cache, parseStorePath(path), { trustedKeys: [], requireSigs: false });
await restorePath(readNar(nar, { inlineSize: 1024 * 1024 }), destination, { canonical: true });
console.log(resourceUsage().maxRSS);

/**
 * Publishes the closure of a path of a Nix store: `publish.ts STORE_DIR PATH CACHE_URL`. Prints the
 * peak of its memory in kB.
 */
import { argv, resourceUsage } from 'node:process';
import { localNar, NixCommand, openCache } from 'narkit/node';
import { publish } from 'narkit/publish';
import { parseStorePath } from 'narkit/store-path';

const [, , storeDir, path, url] = argv as [string, string, string, string, string];
const nix = new NixCommand({ storeDir });
const { cache, publishing } = await openCache(`${url}${url.includes('?') ? '&' : '?'}store=${storeDir}`);
await publish(cache, await nix.closure([parseStorePath(path, { storeDir })]), {
  ...publishing,
  allowUnsigned: true,
  nar: localNar({ realStoreDir: storeDir }),
});
console.log(resourceUsage().maxRSS);

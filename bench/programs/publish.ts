/**
 * Publishes the closure of a path of a chroot store: `publish.ts ROOT PATH CACHE_URL`. Prints the peak of its
 * memory in kB, and with a fourth argument the 99th percentile of the event loop's delay in milliseconds.
 */
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { argv, resourceUsage } from 'node:process';
import { localNar, NixDatabase, openCache } from 'narkit/node';
import { publish } from 'narkit/publish';
import { parseStorePath } from 'narkit/store-path';

const [, , root, path, url, watch] = argv as [string, string, string, string, string, string?];
const delay = watch === undefined ? undefined : monitorEventLoopDelay({ resolution: 1 });
const { cache, publishing } = await openCache(url);
using database = await NixDatabase.open({ root });
const infos = await database.closure([parseStorePath(path)]);
delay?.enable();
await publish(cache, infos, {
  ...publishing,
  allowUnsigned: true,
  // Nix looks no closer.
  check: 'exists',
  nar: localNar({ realStoreDir: join(root, 'nix/store') }),
});
delay?.disable();
console.log(delay === undefined ? resourceUsage().maxRSS : delay.percentile(99) / 1e6);

/** Every test of `restorePath` once more, with the thread from the first file on. */
import { env } from 'node:process';

const force = new URL('../support/force-thread.ts', import.meta.url).href;
// For the programs that tests start, too.
env['NODE_OPTIONS'] = `${env['NODE_OPTIONS'] ?? ''} --import=${force}`;
await import(force);

for (const name of ['', '-case-hack', '-folding', '-hostile', '-interrupted'])
  await import(`./restore${name}.test.ts`);

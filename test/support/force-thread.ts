/**
 * To be loaded first: from now on `restorePath` of 'narkit/node' uses its thread from the first file on,
 * whatever the tree and the machine.
 */
import { registerHooks } from 'node:module';

const forced = new URL('./restore-forced.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) => next(specifier === 'narkit/node' ? forced : specifier, context),
});

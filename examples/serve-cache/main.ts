import { argv } from 'node:process';
import { openStore } from 'narkit/node';
import { serve } from './serve.ts';

const [, , url = 'file:///var/cache/nix', port = '8080'] = argv;
const served = await serve(await openStore(url), Number(port));
console.log(`serving ${url} at ${served.url}`);

/**
 * Milliseconds that importing a subpath takes: `import-cost.ts SUBPATH`.
 */
import { argv } from 'node:process';

const started = performance.now();
await import(argv[2] as string);
console.log(performance.now() - started);

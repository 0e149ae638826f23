/**
 * Builds `dist`: the types by `tsc`, the JavaScript packed into few files, and nothing else, for what an
 * earlier build left behind `npm pack` would publish.
 *
 *     npm run build
 */
import { spawnSync } from 'node:child_process';
import { globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execPath, exit } from 'node:process';
import { pack } from './pack.ts';

const root = join(import.meta.dirname, '..');
const [source, target] = [join(root, 'src'), join(root, 'dist')];

const compiled = spawnSync(
  execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-b', '--emitDeclarationOnly'],
  { cwd: root, stdio: 'inherit' },
);
if (compiled.status !== 0) exit(compiled.status ?? 1);

const sources = globSync('**/*.ts', { cwd: source }).map((file) => file.slice(0, -'.ts'.length));
const types = sources.flatMap((name) => [`${name}.d.ts`, `${name}.d.ts.map`]);
const wanted = new Set([...types, ...(await pack(source, target))]);
for (const output of globSync('**/*.{js,d.ts,js.map,d.ts.map}', { cwd: target }))
  if (!wanted.has(output)) rmSync(join(target, output));

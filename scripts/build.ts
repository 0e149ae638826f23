/**
 * Compiles `src` to `dist`, and removes from `dist` what no longer has a source.
 *
 *     npm run build
 *
 * `tsc -b` alone leaves the output of deleted files behind, and `npm pack` would publish it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execPath, exit } from 'node:process';

const root = join(import.meta.dirname, '..');
const compiled = spawnSync(execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b'], {
  cwd: root,
  stdio: 'inherit',
});
if (compiled.status !== 0) exit(compiled.status ?? 1);

for (const output of globSync('**/*.{js,d.ts,js.map,d.ts.map}', { cwd: join(root, 'dist') })) {
  const source = output.replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts');
  if (!existsSync(join(root, 'src', source))) rmSync(join(root, 'dist', output));
}

/**
 * Builds the example hook into one self-contained executable: `build/upload-to-cache`.
 *
 *     npm run build:hook -- [--node /absolute/path/of/node] [--out FILE]
 *
 * CommonJS, because a file without an extension outside of any package is that to Node; so the
 * program can check the version of Node before it needs anything new of it.
 */
import { chmod } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const { values } = parseArgs({
  options: {
    node: { type: 'string', default: '/usr/bin/env node' },
    out: { type: 'string', default: 'build/upload-to-cache' },
  },
});

const versionCheck = [
  'const [major, minor] = process.versions.node.split(".").map(Number);',
  'if (major < 22 || (major === 22 && minor < 15)) {',
  '  console.error("upload-to-cache: Node.js 22.15 or newer is needed, this is " + process.version);',
  '  process.exit(1);',
  '}',
].join('\n');

await build({
  entryPoints: ['examples/post-build-hook/upload-to-cache.ts'],
  outfile: values.out,
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  conditions: ['@narkit/source', 'node'],
  // Decoders for where there is no Node.js.
  external: ['fzstd', 'xz-decompress'],
  banner: { js: `#!${values.node}\n${versionCheck}` },
  legalComments: 'eof',
  logLevel: 'warning',
});
await chmod(values.out, 0o755);
console.log(`built ${values.out}; copy it to /etc/nix/upload-to-cache, with upload-to-cache.conf beside it`);

/**
 * Builds the programs of the post-build hook, each one file with everything in it, into `build/`.
 *
 *     npm run build:hook -- [--node /absolute/path/of/node] [--out-dir DIR] [PROGRAM ...]
 *     npm run build:hook -- [--node /absolute/path/of/node] --out FILE
 *
 * Without names it builds all: `upload-to-cache`, `enqueue-upload`, `enqueue-upload.sh` and
 * `upload-queue`. `--out` builds `upload-to-cache` alone, into that file.
 *
 * CommonJS, because a file without an extension outside of any package is that to Node; so a
 * program can check the version of Node before it needs anything new of it.
 */
import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const SOURCES = 'examples/post-build-hook';

/** Source of each program, and its exit status under a Node that is too old. */
const PROGRAMS: Readonly<Record<string, { readonly source: string; readonly tooOld: number }>> = {
  'upload-to-cache': { source: 'upload-to-cache.ts', tooOld: 1 },
  // Never fails a build.
  'enqueue-upload': { source: 'queued/hook/enqueue-upload.ts', tooOld: 0 },
  'enqueue-upload.sh': { source: 'queued/hook/enqueue-upload.sh', tooOld: 0 },
  'upload-queue': { source: 'queued/upload-queue.ts', tooOld: 1 },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: 'string', default: '/usr/bin/env node' },
    'out-dir': { type: 'string', default: 'build' },
    out: { type: 'string' },
  },
});

if (values.out !== undefined) await buildProgram('upload-to-cache', values.out);
else {
  const names = positionals.length > 0 ? positionals : Object.keys(PROGRAMS);
  for (const name of names) await buildProgram(name, join(values['out-dir'], name));
  console.log(
    `built ${names.join(', ')} in ${values['out-dir']}; copy them to /etc/nix, with their .conf beside them`,
  );
}

async function buildProgram(name: string, outfile: string): Promise<void> {
  const program = PROGRAMS[name];
  if (program === undefined)
    throw new TypeError(`no program '${name}'; there are ${Object.keys(PROGRAMS).join(', ')}`);
  const entry = join(SOURCES, program.source);
  if (entry.endsWith('.sh')) {
    await mkdir(dirname(outfile), { recursive: true });
    await copyFile(entry, outfile);
  } else {
    await bundle(name, entry, outfile, program.tooOld);
  }
  await chmod(outfile, 0o755);
}

async function bundle(name: string, entry: string, outfile: string, tooOld: number): Promise<void> {
  const versionCheck = [
    'const [major, minor] = process.versions.node.split(".").map(Number);',
    'if (major < 22 || (major === 22 && minor < 15)) {',
    `  console.error("${name}: Node.js 22.15 or newer is needed, this is " + process.version);`,
    `  process.exit(${tooOld});`,
    '}',
  ].join('\n');
  await build({
    entryPoints: [entry],
    outfile,
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
}

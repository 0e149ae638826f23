/**
 * Writes the JavaScript of `dist`, in the files that `chunks.ts` decides on.
 */
import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { between, Packing, readModules } from './chunks.ts';

/** Packs `source` into `target`. @returns the files written, below `target`. */
export async function pack(source: string, target: string): Promise<string[]> {
  const modules = await readModules(source, globSync('**/*.ts', { cwd: source }).sort());
  const packing = new Packing(modules);
  const outputs = [...packing.outputs.keys()];
  await Promise.all(
    outputs.map(async (output) => {
      await build({
        stdin: { contents: entry(packing, output), resolveDir: source, sourcefile: `${output}.js` },
        outfile: join(target, `${output}.js`),
        absWorkingDir: target,
        bundle: true,
        format: 'esm',
        target: 'es2022',
        packages: 'external',
        external: ['#native'],
        sourcemap: true,
        sourcesContent: false, // the sources are in the package
        plugins: [elsewhere(packing, source, output)],
        logLevel: 'warning',
      });
    }),
  );
  return outputs.flatMap((output) => [`${output}.js`, `${output}.js.map`]);
}

/** A module that exports what the output is to export. */
function entry(packing: Packing, output: string): string {
  return packing
    .exported(output)
    .map((file) => {
      const names = packing.names(file).map(({ name, inOutput }) => `${name} as ${inOutput}`);
      return `export { ${names.join(', ')} } from ${JSON.stringify(`./${file}`)};`;
    })
    .join('\n');
}

/** Packages that become part of an output: OpenSSL has no BLAKE3, and the six files of noble's take 10 ms. */
const INLINE: Readonly<Record<string, RegExp>> = { 'native/node': /^@noble\/hashes\// };

/** Makes imports of modules that are in other outputs imports from those outputs. */
function elsewhere(packing: Packing, source: string, output: string): Plugin {
  return {
    name: 'elsewhere',
    setup(build) {
      const inline = INLINE[output];
      if (inline !== undefined)
        build.onResolve({ filter: inline }, ({ path }) => ({
          path: fileURLToPath(import.meta.resolve(path)),
        }));
      build.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir, kind }) => {
        if (!`${resolveDir}/`.startsWith(`${source}/`)) return undefined;
        const file = resolve(resolveDir, path).slice(source.length + 1);
        const there = packing.outputOf(file);
        if (there === output) return undefined;
        if (kind === 'dynamic-import') return { path: between(output, there), external: true };
        return { path: file, namespace: 'elsewhere', sideEffects: false };
      });
      build.onResolve({ filter: /^output:/ }, ({ path }) => ({
        path: between(output, path.slice('output:'.length)),
        external: true,
        sideEffects: false,
      }));
      build.onLoad({ filter: /.*/, namespace: 'elsewhere' }, ({ path }) => {
        const names = packing.names(path).map(({ name, inOutput }) => `${inOutput} as ${name}`);
        return { contents: `export { ${names.join(', ')} } from 'output:${packing.outputOf(path)}';` };
      });
    },
  };
}

/**
 * Which of the few files of `dist` each module of `src` goes into. Importing a file costs about a third
 * of a millisecond, and there are hundreds of modules.
 *
 * Four chunks hold what entry points share. Entry points, the two natives and what is imported on demand
 * are files of their own, and import from those. No module is in two files.
 */
import { join, relative } from 'node:path';
import { build } from 'esbuild';

/** What a module exports, and which modules it imports. */
interface Module {
  readonly exports: readonly string[];
  readonly imports: readonly { readonly file: string; readonly onDemand: boolean }[];
}

/**
 * A chunk has what its module reaches, but for what the chunks before it have: narinfos are to be light. The
 * base is what the natives need; they cannot import the core, which imports them.
 */
const CHUNKS = [
  ['chunks/base', 'native/strict-point'],
  ['chunks/core', 'narinfo/index'],
  ['chunks/portable', 'index'],
  ['chunks/node', 'node/index'],
] as const;
const NATIVES = ['native/node', 'native/portable'];

/** Reads the modules of a source directory, as esbuild sees them: types are gone. */
export async function readModules(directory: string, files: readonly string[]): Promise<Map<string, Module>> {
  const { metafile } = await build({
    entryPoints: [...files],
    absWorkingDir: directory,
    bundle: true,
    splitting: true,
    format: 'esm',
    packages: 'external',
    external: ['#native'],
    outdir: 'nowhere',
    write: false,
    metafile: true,
  });
  const exports = new Map<string, readonly string[]>();
  for (const output of Object.values(metafile.outputs))
    if (output.entryPoint !== undefined) exports.set(output.entryPoint, output.exports);
  return new Map(
    files.map((file) => {
      const imports = metafile.inputs[file]?.imports.filter(({ external }) => external !== true) ?? [];
      return [
        file,
        {
          exports: exports.get(file) ?? [],
          imports: imports.map(({ path, kind }) => ({ file: path, onDemand: kind === 'dynamic-import' })),
        },
      ];
    }),
  );
}

/** Where every module goes, and under which names it is found there. */
export class Packing {
  /** The modules of each output, the one that it is for first. */
  readonly outputs: Map<string, string[]> = new Map();
  readonly #modules: ReadonlyMap<string, Module>;
  readonly #outputOf = new Map<string, string>();

  constructor(modules: ReadonlyMap<string, Module>) {
    this.#modules = modules;
    const onDemand = [...modules.values()].flatMap(({ imports }) => imports.filter((one) => one.onDemand));
    const alone = [
      ...[...modules.keys()].filter((file) => /(^|\/)index\.ts$/.test(file)),
      ...NATIVES.map((name) => `${name}.ts`),
      ...onDemand.map(({ file }) => file),
    ];
    for (const file of alone) this.#put(withoutEnding(file), file);
    for (const [output, start] of CHUNKS) this.#fill(output, `${start}.ts`);
    for (const file of alone) this.#fill(withoutEnding(file), file);
  }

  /** Whether an output is one of the chunks, which export whatever others need of them. */
  isChunk(output: string): boolean {
    return CHUNKS.some(([chunk]) => chunk === output);
  }

  outputOf(file: string): string {
    const output = this.#outputOf.get(file);
    if (output === undefined) throw new Error(`nothing that is exported needs src/${file}: remove it`);
    return output;
  }

  /** The names of a module's exports, and those by which its chunk exports them: two modules may have the same. */
  names(file: string): { readonly name: string; readonly inOutput: string }[] {
    const output = this.outputOf(file);
    const all = this.outputs.get(output) as string[];
    const before = all.slice(0, all.indexOf(file));
    const exportsOf = (module: string): readonly string[] => this.#modules.get(module)?.exports ?? [];
    return exportsOf(file).map((name) => {
      const taken = before.filter((other) => exportsOf(other).includes(name)).length;
      if (taken > 0 && !this.isChunk(output)) throw new Error(`${output}.js cannot export ${name} twice`);
      return { name, inOutput: taken === 0 ? name : `${name}$${taken}` };
    });
  }

  /** The modules of an output that others import, and the one that it is for. */
  exported(output: string): string[] {
    const own = this.outputs.get(output) as string[];
    const wanted = new Set(this.isChunk(output) ? [] : own.slice(0, 1));
    for (const [importer, { imports }] of this.#modules)
      for (const { file } of imports)
        if (this.#outputOf.get(importer) !== output && own.includes(file)) wanted.add(file);
    return [...wanted];
  }

  #put(output: string, file: string): void {
    if (this.#outputOf.has(file)) return;
    this.#outputOf.set(file, output);
    this.outputs.set(output, [...(this.outputs.get(output) ?? []), file]);
  }

  /** Everything that a module reaches, and that has no place yet. */
  #fill(output: string, start: string): void {
    const seen = new Set<string>();
    const open = [start];
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (seen.has(file)) continue;
      seen.add(file);
      this.#put(output, file);
      for (const one of this.#modules.get(file)?.imports ?? []) if (!one.onDemand) open.push(one.file);
    }
  }
}

/** The name of a module, without `.ts`. */
function withoutEnding(file: string): string {
  return file.replace(/\.ts$/, '');
}

/** A specifier for one output in another. */
export function between(from: string, to: string): string {
  const path = relative(join(from, '..'), `${to}.js`);
  return path.startsWith('.') ? path : `./${path}`;
}

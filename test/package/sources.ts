/**
 * What the sources import and export, read as text.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export interface Source {
  /** Relative to the repository: `src/nar/read.ts`. */
  readonly file: string;
  readonly text: string;
  /** Without comments, so that examples in them do not count. */
  readonly code: string;
  /** Specifiers, relative ones as files. */
  readonly imports: readonly string[];
}

export function sources(): Source[] {
  return globSync('src/**/*.ts', { cwd: root })
    .sort()
    .map((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '');
      const found = code.matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\()'([^']+)'/g);
      const imports = [...found].map(([, name]) =>
        name?.startsWith('.') ? join(dirname(file), name) : (name as string),
      );
      return { file, text, code, imports };
    });
}

/** The part of `src` that a file belongs to: its folder, or its name at the top. */
export function domainOf(file: string): string {
  const [, first = ''] = file.split('/');
  return first.replace(/\.ts$/, '');
}

export interface Exported {
  readonly name: string;
  readonly kind: 'value' | 'type';
  /** The file that declares it. */
  readonly file: string;
}

/** The re-exports of an `index.ts`. All are named, one by one. */
export function exportsOf(file: string): Exported[] {
  const code = readFileSync(join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const statements = [...code.matchAll(/export\s+(type\s+)?\{([^}]*)\}\s+from\s+'([^']+)';/g)];
  const rest = statements.reduce((text, [statement]) => text.replace(statement, ''), code).trim();
  if (rest !== '') throw new Error(`${file} has more than named re-exports: ${rest}`);
  return statements.flatMap(([, type, names = '', from = '']) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .map((name) => ({
        name: name.replace(/^type /, ''),
        kind: type !== undefined || name.startsWith('type ') ? ('type' as const) : ('value' as const),
        file: join(dirname(file), from),
      })),
  );
}

export interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
}

export const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Subpaths and the source file of each: `./nar` -> `src/nar/index.ts`. */
export function subpaths(): Map<string, string> {
  const found = new Map<string, string>();
  for (const [subpath, conditions] of Object.entries(manifest.exports)) {
    if (typeof conditions !== 'string') found.set(subpath, join(conditions['@narkit/source'] as string));
  }
  return found;
}

/** In the order of code points. */
export function sorted(names: Iterable<string>): string[] {
  return [...names].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

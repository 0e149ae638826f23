/**
 * The code in the documentation: fenced blocks of Markdown files and of doc comments.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export interface Block {
  /** Relative to the repository. */
  readonly file: string;
  /** 1-based line of the first line of code. */
  readonly line: number;
  /** The word after the fence, such as `ts`. */
  readonly language: string;
  /** The words after that, such as `no-run`. */
  readonly flags: readonly string[];
  readonly code: string;
}

/** Every Markdown file of the documentation. */
export function pages(): string[] {
  return [
    'README.md',
    'CHANGELOG.md',
    ...globSync(['docs/guide/*.md', 'examples/**/README.md'], { cwd: root }).sort(),
  ];
}

/** Fenced blocks of all pages, and of the doc comments in `src`. */
export function blocks(): Block[] {
  const sources = globSync('src/**/*.ts', { cwd: root }).sort();
  return [...pages().flatMap((file) => fenced(file, '')), ...sources.flatMap((file) => fenced(file, ' * '))];
}

function fenced(file: string, prefix: string): Block[] {
  const found: Block[] = [];
  let open: { line: number; language: string; flags: string[]; code: string[] } | undefined;
  for (const [index, raw] of readFileSync(join(root, file), 'utf8').split('\n').entries()) {
    // Inside a comment, ` *` is an empty line.
    const text = raw.startsWith(prefix)
      ? raw.slice(prefix.length)
      : raw.trim() === prefix.trim()
        ? ''
        : undefined;
    const fence = text === undefined ? null : /^```(.*)$/.exec(text);
    if (open === undefined) {
      const [language = '', ...flags] = (fence?.[1] ?? '').split(/\s+/);
      if (fence !== null) open = { line: index + 2, language, flags, code: [] };
    } else if (fence !== null) {
      found.push({ ...open, file, code: open.code.join('\n') });
      open = undefined;
    } else if (text === undefined) throw new Error(`${file}:${index + 1}: a code block is not closed`);
    else open.code.push(text);
  }
  if (open !== undefined) throw new Error(`${file}:${open.line}: a code block is not closed`);
  return found;
}

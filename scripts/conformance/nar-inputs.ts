/** What the inputs about NARs are made with: the grammar, word by word, so that every word can be wrong. */
import { node, str, type Tree } from '../../test/nar/trees.ts';
import type { Input } from './topic.ts';

/** What an archive begins with. */
export const MAGIC: Buffer = str('nix-archive-1');

/** An archive whose root node has these words, rightly or not. */
export function root(...parts: (string | Uint8Array)[]): Buffer {
  return Buffer.concat([MAGIC, str('('), words(...parts), str(')')]);
}

/** Strings become words, bytes are taken as they are. */
export function words(...parts: (string | Uint8Array)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? str(part) : part)));
}

/** A directory of these entries. */
export const directory = (...entries: Uint8Array[]): Buffer => root('type', 'directory', ...entries);

/** A member of a directory: empty, unless a tree is given. */
export function entry(name: string | Uint8Array, tree?: Tree): Buffer {
  const { type, executable, content } = {
    type: 'regular',
    executable: false,
    content: Buffer.alloc(0),
  } as const;
  return words('entry', '(', 'name', str(name), 'node', node(tree ?? { type, executable, content }), ')');
}

/** Name, what is special, the archive, why narkit differs. */
export type NarRow = readonly [id: string, about: string, nar: Uint8Array, why?: string];

/** The rows of one list of rules as inputs of `read`. */
export function readInputs(section: string, rows: readonly NarRow[]): Input[] {
  return rows.map(([id, about, nar, why]) => ({
    id,
    about,
    section,
    operation: 'read',
    input: { nar: Buffer.from(nar).toString('base64') },
    ...(why === undefined ? {} : { why }),
  }));
}

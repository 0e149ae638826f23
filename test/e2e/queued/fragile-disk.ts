/**
 * A disk that keeps no more than it must: after a power cut a file has what was in it when it was synced,
 * and a directory the names it had when that was. What came later may be there or not, each directory on
 * its own, which is less than any journal gives; only that a file is never at both ends of a rename.
 */
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileCall } from './traced.ts';

interface Inode {
  /** What was written, with how many calls before it. */
  readonly versions: { readonly text: string; readonly at: number }[];
  /** The last of the versions that will stay. */
  synced: number;
  readonly link?: string;
  readonly isDirectory?: boolean;
}

interface Change {
  readonly name: string;
  /** `undefined`: removed. */
  readonly inode: Inode | undefined;
  readonly at: number;
  /** Of a rename: what goes when this stays. */
  readonly from?: string;
}

interface Directory {
  readonly changes: Change[];
  /** How many of the changes will stay. */
  synced: number;
}

/** What becomes of that which was not synced; `names`: the names stay, what is in the files does not. */
export type Loss = 'all' | 'names' | 'some';

export class FragileDisk {
  readonly #directories = new Map<string, Directory>();
  #count = 0;

  /** With what is in a directory, which will stay. */
  constructor(root: string) {
    const inodes = new Map<number, Inode>();
    const visit = (path: string): void => {
      const changes: Change[] = [];
      for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
        const name = join(path, entry.name);
        if (entry.isDirectory()) {
          visit(name);
          changes.push({ name: entry.name, inode: { ...makeInode(''), isDirectory: true }, at: 0 });
          continue;
        }
        const from = join(root, name);
        const { ino } = lstatSync(from);
        const link = entry.isSymbolicLink() ? readlinkSync(from) : undefined;
        const text = link === undefined ? readFileSync(from, 'latin1') : '';
        const inode = inodes.get(ino) ?? makeInode(text, link);
        inodes.set(ino, inode);
        changes.push({ name: entry.name, inode, at: 0 });
      }
      this.#directories.set(path, { changes, synced: changes.length });
    };
    visit('');
  }

  apply(call: FileCall): void {
    this.#count++;
    switch (call.type) {
      case 'create':
        // Nothing that counts is emptied and written anew.
        if (this.#find(call.path) === undefined) this.#set(call.path, makeInode('', undefined, this.#count));
        break;
      case 'write': {
        const inode = this.#find(call.path);
        const before = inode?.versions.at(-1)?.text ?? '';
        inode?.versions.push({ text: before + call.text, at: this.#count });
        break;
      }
      case 'sync':
        this.#sync(call);
        break;
      case 'symlink':
        this.#set(call.path, makeInode('', call.target, this.#count));
        break;
      case 'unlink':
        this.#set(call.path, undefined);
        break;
      case 'mkdir':
        this.#set(call.path, { ...makeInode('', undefined, this.#count), isDirectory: true });
        this.#directories.set(call.path, { changes: [], synced: 0 });
        break;
      default: {
        const inode = this.#find(call.from);
        if (inode === undefined) throw new Error(`no ${call.from} to ${call.type}`);
        this.#set(call.path, inode, call.type === 'rename' ? call.from : undefined);
        if (call.type === 'rename') this.#set(call.from, undefined);
      }
    }
  }

  /** Writes what is there after the power was cut now. */
  cut(to: string, loss: Loss): void {
    const kept = [...this.#directories].map(([path, { changes, synced }]) => {
      const most = changes.length;
      const count = loss === 'all' ? synced : loss === 'names' ? most : between(synced, most);
      return { path, changes: changes.slice(0, count) };
    });
    const names = new Map<string, Change>();
    for (const { path, changes } of kept)
      for (const change of changes) names.set(join(path, change.name), change);
    for (const { at, from } of kept.flatMap(({ changes }) => changes))
      if (from !== undefined && (names.get(from)?.at ?? at) < at) names.delete(from);

    mkdirSync(to);
    for (const { path } of kept.toSorted((a, b) => a.path.length - b.path.length))
      if (existsSync(join(to, dirname(path))) && names.get(path)?.inode !== undefined)
        mkdirSync(join(to, path));
    const files = new Map<Inode, string>();
    for (const [name, { inode }] of names) {
      const file = join(to, name);
      // What was in a directory goes with its name.
      if (inode === undefined || inode.isDirectory || !existsSync(dirname(file))) continue;
      const other = files.get(inode);
      if (inode.link !== undefined) symlinkSync(inode.link, file);
      else if (other !== undefined) linkSync(other, file);
      else {
        writeFileSync(file, textAfter(inode, loss), 'latin1');
        files.set(inode, file);
      }
    }
  }

  #sync({ path, since }: FileCall): void {
    const directory = this.#directories.get(path);
    // What happened while it ran may have come too late for it.
    if (directory !== undefined) {
      const kept = directory.changes.filter(({ at }) => at <= since).length;
      directory.synced = Math.max(directory.synced, kept);
      return;
    }
    const inode = this.#find(path);
    if (inode === undefined) return;
    const kept = inode.versions.filter(({ at }) => at <= since).length - 1;
    inode.synced = Math.max(inode.synced, kept);
  }

  #find(path: string): Inode | undefined {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return this.#directoryOf(path).changes.findLast((change) => change.name === name)?.inode;
  }

  #set(path: string, inode: Inode | undefined, from?: string): void {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const change = { name, inode, at: this.#count, ...(from === undefined ? {} : { from }) };
    this.#directoryOf(path).changes.push(change);
  }

  #directoryOf(path: string): Directory {
    const parent = dirname(path);
    const directory = this.#directories.get(parent === '.' ? '' : parent);
    if (directory === undefined) throw new Error(`no directory of ${path}`);
    return directory;
  }
}

function makeInode(text: string, link?: string, at = 0): Inode {
  // Of a new file nothing stays, and of an old one all.
  return { versions: [{ text, at }], synced: 0, ...(link === undefined ? {} : { link }) };
}

function textAfter({ versions, synced }: Inode, loss: Loss): string {
  const least = versions[synced]?.text ?? '';
  if (loss !== 'some') return least;
  const most = versions.at(-1)?.text ?? '';
  return most.slice(0, between(least.length, most.length));
}

function between(least: number, most: number): number {
  return least + Math.floor(Math.random() * (most - least + 1));
}

/**
 * Git object ids of file trees: the hash of content addresses of method `git`.
 *
 * @module
 */
import { compareBytes, concatBytes, utf8 } from '../bytes/bytes.ts';
import { toAsyncIterable } from '../bytes/stream.ts';
import type { Hash } from '../hash/hash.ts';
import { HashMeter } from '../hash/hash-source.ts';
import { checkOptions } from '../options.ts';
import type { NarEntries, NarEntry } from './entry.ts';
import { checkTarget, OrderCheck } from './order.ts';
import { checkLength } from './write.ts';

/** Options of {@link gitHash}. */
export interface GitHashOptions {
  /** Nix allows these two. @default 'sha1' */
  algo?: 'sha1' | 'sha256';
}

/** A member of a tree object. */
interface Member {
  /** Octal, as Git writes it: `100644`, `100755`, `120000`, `40000`. */
  readonly mode: string;
  readonly name: Uint8Array;
  readonly id: Uint8Array;
}

/** A directory whose members are still coming. */
interface Open {
  readonly name: Uint8Array;
  readonly members: Member[];
}

/**
 * The id that Git gives a file tree: a blob for a file or a symlink, a tree for a directory. Other than
 * Git, Nix has empty directories too (`src/libutil/git.cc`). Contents pass once and are not held.
 *
 * @throws NarError `ERR_NAR_SYNTAX`, `ERR_NAR_LIMIT` for entries that are no tree in archive order, or
 *   bodies that are not as long as their size; RangeError for another algorithm.
 *
 * @example
 * ```ts
 * import { printHash } from 'narkit/hash';
 * import { gitHash } from 'narkit/nar';
 * import { makeContentAddressedPath } from 'narkit/store-path';
 *
 * const body = new TextEncoder().encode('hello\n');
 * const hash = await gitHash([{ type: 'regular', path: '', executable: false, size: 6, body }]);
 * console.log(printHash(hash, 'base16')); // sha1:ce013625030ba8dba906f756967f9e9ca394464a
 * console.log(makeContentAddressedPath('hello.txt', { method: 'git', hash })); // rk1ijlrs1r2baksyhs884xqb0afsc830-hello.txt
 * ```
 */
export async function gitHash(entries: NarEntries, options: GitHashOptions = {}): Promise<Hash> {
  checkOptions('gitHash', options, ['algo']);
  const { algo = 'sha1' } = options;
  if (algo !== 'sha1' && algo !== 'sha256') {
    throw new RangeError(`gitHash: algo must be 'sha1' or 'sha256', not ${String(algo)}`);
  }
  const order = new OrderCheck();
  /** The root is the one member of the first. */
  const open: Open[] = [{ name: new Uint8Array(0), members: [] }];
  const close = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const { name, members } = open.pop() as Open;
      open.at(-1)?.members.push({ mode: '40000', name, id: treeId(algo, members) });
    }
  };
  for await (const entry of entries) {
    const { name = new Uint8Array(0), closed } = order.enter(entry.path);
    close(closed);
    if (entry.type === 'directory') {
      order.descend(entry.path);
      open.push({ name, members: [] });
    } else {
      const mode = entry.type === 'symlink' ? '120000' : entry.executable ? '100755' : '100644';
      open.at(-1)?.members.push({ mode, name, id: await blobId(algo, entry) });
    }
  }
  close(order.finish());
  return { algo, digest: open[0]?.members[0]?.id as Uint8Array };
}

async function blobId(
  algo: 'sha1' | 'sha256',
  entry: Exclude<NarEntry, { type: 'directory' }>,
): Promise<Uint8Array> {
  if (entry.type === 'symlink') {
    const target = checkTarget(entry.target, entry.path);
    const meter = headed(algo, 'blob', target.length);
    meter.update(target);
    return meter.finish().hash.digest;
  }
  const meter = headed(algo, 'blob', entry.size);
  const head = meter.size;
  for await (const chunk of toAsyncIterable(entry.body)) meter.update(chunk);
  checkLength(entry, meter.size - head);
  return meter.finish().hash.digest;
}

/** Git sorts names as if those of directories ended in a slash. */
function treeId(algo: 'sha1' | 'sha256', members: readonly Member[]): Uint8Array {
  const slash = utf8('/');
  const parts = members
    .map(({ mode, name, id }) => ({
      key: mode === '40000' ? concatBytes([name, slash]) : name,
      bytes: concatBytes([utf8(`${mode} `), name, Uint8Array.of(0), id]),
    }))
    .sort((a, b) => compareBytes(a.key, b.key));
  const content = concatBytes(parts.map(({ bytes }) => bytes));
  const meter = headed(algo, 'tree', content.length);
  meter.update(content);
  return meter.finish().hash.digest;
}

function headed(algo: 'sha1' | 'sha256', kind: 'blob' | 'tree', size: number): HashMeter {
  const meter = new HashMeter(algo);
  meter.update(utf8(`${kind} ${size}\0`));
  return meter;
}

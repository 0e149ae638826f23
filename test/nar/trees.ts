/** File trees for the tests, and a second, naive encoder: the grammar of nar.md section 1, word by word. */
import fc from 'fast-check';
import type { ByteSource } from '../../src/bytes/stream.ts';
import { collect } from '../../src/bytes/stream.ts';
import type { NarEntries, NarEntry } from '../../src/nar/entry.ts';
import { decodeName } from '../../src/nar/name.ts';
import { type ReadNarOptions, readNar } from '../../src/nar/read.ts';

export type Tree =
  | { type: 'regular'; executable: boolean; content: Buffer }
  | { type: 'symlink'; target: Buffer }
  | { type: 'directory'; members: [Buffer, Tree][] };

export const file = (content: string | Uint8Array, executable = false): Tree => ({
  type: 'regular',
  executable,
  content: Buffer.from(content as string),
});
export const link = (target: string | Uint8Array): Tree => ({
  type: 'symlink',
  target: Buffer.from(target as string),
});
export const dir = (members: Record<string, Tree> = {}): Tree => ({
  type: 'directory',
  members: Object.entries(members).map(([name, tree]) => [Buffer.from(name), tree]),
});

export function u64(value: number | bigint): Buffer {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(value));
  return out;
}

/** `str()` of each. */
export function str(...parts: (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part as string);
      return [u64(bytes.length), bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)];
    }),
  );
}

export function node(tree: Tree): Buffer {
  const body: Buffer[] = [str('type', tree.type)];
  if (tree.type === 'symlink') body.push(str('target', tree.target));
  else if (tree.type === 'regular') {
    if (tree.executable) body.push(str('executable', ''));
    body.push(str('contents', tree.content));
  } else {
    const members = tree.members.toSorted(([a], [b]) => Buffer.compare(a, b));
    for (const [name, member] of members) {
      body.push(str('entry', '(', 'name', name, 'node'), node(member), str(')'));
    }
  }
  return Buffer.concat([str('('), ...body, str(')')]);
}

export function nar(tree: Tree): Buffer {
  return Buffer.concat([str('nix-archive-1'), node(tree)]);
}

/** The tree as entries in archive order. `body` says how contents are given. */
export function* entriesOf(
  tree: Tree,
  path = '',
  body: (content: Buffer) => ByteSource = (content) => content,
): Generator<NarEntry> {
  if (tree.type === 'symlink') yield { type: 'symlink', path, target: decodeName(tree.target) };
  else if (tree.type === 'regular') {
    const { executable, content } = tree;
    yield { type: 'regular', path, executable, size: content.length, body: body(content) };
  } else {
    yield { type: 'directory', path };
    for (const [bytes, member] of tree.members.toSorted(([a], [b]) => Buffer.compare(a, b))) {
      const name = decodeName(bytes);
      yield* entriesOf(member, path === '' ? name : `${path}/${name}`, body);
    }
  }
}

/** An entry with its content instead of its body. */
export type Read =
  | Exclude<NarEntry, { type: 'regular' }>
  | { type: 'regular'; path: string; executable: boolean; content: Buffer; narOffset?: number };

export async function readAll(entries: NarEntries): Promise<Read[]> {
  const out: Read[] = [];
  for await (const entry of entries) {
    if (entry.type !== 'regular') out.push(entry);
    else {
      const { size: _, body, ...rest } = entry;
      out.push({ ...rest, content: Buffer.from(await collect(body)) });
    }
  }
  return out;
}

export const read = (bytes: ByteSource, options: ReadNarOptions = {}): Promise<Read[]> =>
  readAll(readNar(bytes, options));

/** Cuts into chunks of the given sizes, again and again; sizes of 0 make empty chunks. */
export function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] as number;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

/** Chunk sizes; at least one is not 0. */
export const cuts: fc.Arbitrary<number[]> = fc
  .array(fc.nat(40), { minLength: 1, maxLength: 4 })
  .map((sizes) => (sizes.some((size) => size > 0) ? sizes : [1]));

const interestingBytes = fc.constantFrom(
  0x2e,
  0x41,
  0x61,
  0x7e,
  0x80,
  0xbf,
  0xc3,
  0xa9,
  0xed,
  0xa0,
  0xf0,
  0xff,
);
const byteString = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc
    .array(fc.oneof(interestingBytes, fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength })
    .map((b) => Buffer.from(b));
const names = byteString(12).filter(
  (name) => !['.', '..'].includes(name.toString('latin1')) && !name.includes(0x2f),
);

/** Any tree: names and targets that are no UTF-8 included. */
export const trees: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree; file: Tree; link: Tree; directory: Tree }>(
  (tie) => ({
    tree: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('file'), tie('link'), tie('directory')),
    file: fc
      .tuple(fc.uint8Array({ maxLength: 40 }), fc.boolean())
      .map(([content, executable]) => file(content, executable)),
    link: byteString(20).map((target) => link(target)),
    directory: fc
      .uniqueArray(fc.tuple(names, tie('tree')), {
        maxLength: 5,
        selector: ([name]) => name.toString('latin1'),
      })
      .map((members): Tree => ({ type: 'directory', members })),
  }),
).tree;

/** nar.md section 7: the tree T. */
export const T = dir({
  B: file('B'),
  a: file('a', true),
  sub: dir({ eight: file('12345678'), l: link('../a') }),
});

/**
 * File trees for tests: described as values, made on disk, compared.
 */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import fc from 'fast-check';
import { decodeName, encodeName } from 'narkit/nar';

/** A node of a tree; names and targets in the form of `decodeName`. */
export type Tree =
  | { type: 'file'; content: Uint8Array; mode: number }
  | { type: 'link'; target: string }
  | { type: 'dir'; members: Readonly<Record<string, Tree>>; mode: number };

export function file(content: string | Uint8Array = '', mode = 0o644): Tree {
  return { type: 'file', content: typeof content === 'string' ? Buffer.from(content) : content, mode };
}

export function link(target: string): Tree {
  return { type: 'link', target };
}

export function dir(members: Readonly<Record<string, Tree>> = {}, mode = 0o755): Tree {
  return { type: 'dir', members, mode };
}

/** A name or target given by its bytes. */
export function raw(...bytes: number[]): string {
  return decodeName(Uint8Array.from(bytes));
}

/** The bytes of a path, for `node:fs`. */
export function bytesOf(path: string): Buffer {
  return Buffer.from(encodeName(path));
}

export function makeTree(path: string, tree: Tree): void {
  const disk = bytesOf(path);
  if (tree.type === 'link') symlinkSync(bytesOf(tree.target), disk);
  else if (tree.type === 'file') {
    writeFileSync(disk, tree.content);
    chmodSync(disk, tree.mode);
  } else {
    mkdirSync(disk);
    for (const [name, member] of Object.entries(tree.members)) makeTree(`${path}/${name}`, member);
    chmodSync(disk, tree.mode);
  }
}

/** Type, mode and time of every node, by path: what a NAR does not tell. */
export function statTree(path: string, prefix = ''): Record<string, string> {
  const disk = bytesOf(path);
  const stat = lstatSync(disk);
  const mode = (stat.mode & 0o7777).toString(8);
  if (stat.isSymbolicLink()) return { [prefix]: `link to ${decodeName(readlinkSync(disk, 'buffer'))}` };
  if (stat.isFile()) return { [prefix]: `file ${mode}` };
  const out = { [prefix]: `dir ${mode}` };
  for (const name of readdirSync(disk, 'buffer').map(decodeName).sort()) {
    Object.assign(out, statTree(`${path}/${name}`, `${prefix}/${name}`));
  }
  return out;
}

/** Names of which many sort otherwise, or decode otherwise, than naive code expects. */
const names = fc
  .oneof(
    fc
      .uint8Array({ minLength: 1, maxLength: 6 })
      .map((bytes) => bytes.map((b) => (b === 0 || b === 0x2f ? 0x78 : b))),
    fc
      .constantFrom('a', 'a-b', 'a.b', 'ab', 'A', '\ufffd', '\u{1f600}', '\ue000', '"', '\n', '\\', ' ')
      .map(encodeName),
  )
  .map((bytes) => (['.', '..'].includes(decodeName(bytes)) ? 'dot' : decodeName(bytes)));

/** Small trees of every shape. */
export const trees: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree; dir: Tree; file: Tree; link: Tree }>(
  (tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, tie('file'), tie('link'), { arbitrary: tie('dir'), weight: 3 }),
    file: fc
      .record({
        content: fc.uint8Array({ maxLength: 40 }),
        mode: fc.constantFrom(0o644, 0o755, 0o600, 0o744, 0o654),
      })
      .map(({ content, mode }) => file(content, mode)),
    link: names.map(link),
    dir: fc
      .dictionary(names, tie('tree'), { maxKeys: 6, noNullPrototype: true })
      .map((members) => dir(members)),
  }),
).tree;

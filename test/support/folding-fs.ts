/**
 * A file system in memory to which names that differ in case or Unicode normalisation are one, as on
 * macOS. It answers the kernel on `/dev/fuse`, so the programs that use it meet what they would meet
 * there. Linux only.
 *
 * As a worker it serves until it is unmounted: `workerData` is the descriptor of `/dev/fuse`.
 */

import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

const { EEXIST, ENOENT, ENOTEMPTY, ENOSYS } = constants.errno;
const [S_IFDIR, S_IFLNK, S_IFREG] = [0o040000, 0o120000, 0o100000];

interface Node {
  readonly id: number;
  mode: number;
  mtime: number;
  /** Content of a file, target of a link. */
  data: Buffer;
  /** By folded name. */
  readonly members: Map<string, { name: string; node: Node }>;
}

/** Mounts it at `directory`, which must be empty. Returns what unmounts it. */
export function mountFolding(directory: string): () => void {
  const fd = openSync('/dev/fuse', 'r+');
  const options = `fd=3,rootmode=40000,user_id=0,group_id=0,max_read=${MOST}`;
  const run = (program: string, args: string[]): void => {
    const { status, stderr } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'pipe', fd] });
    if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
  };
  run('mount', ['-i', '-t', 'fuse', '-o', options, 'folding', directory]);
  new Worker(new URL(import.meta.url), { workerData: fd }).once('exit', () => closeSync(fd));
  return () => run('umount', [directory]);
}

/** Bytes of one read or write. */
const MOST = 128 * 1024;

function fold(name: string): string {
  return name.normalize('NFD').toLowerCase();
}

function serve(fd: number): void {
  const nodes = new Map<number, Node>();
  const create = (mode: number, data: Buffer = Buffer.alloc(0)): Node => {
    const node = { id: nodes.size + 1, mode, mtime: Math.floor(Date.now() / 1000), data, members: new Map() };
    nodes.set(node.id, node);
    return node;
  };
  create(S_IFDIR | 0o755);
  const request = Buffer.alloc(MOST + 4096);
  for (;;) {
    let length: number;
    try {
      length = readSync(fd, request);
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'ENODEV') return; // unmounted
      throw err;
    }
    const header = { opcode: request.readUInt32LE(4), node: Number(request.readBigUInt64LE(16)) };
    const node = nodes.get(header.node) as Node;
    const answer = answerTo(header.opcode, node, request.subarray(40, length), nodes, create);
    if (answer === undefined) continue;
    const body = typeof answer === 'number' ? Buffer.alloc(0) : answer;
    const head = Buffer.alloc(16);
    head.writeUInt32LE(16 + body.length, 0);
    head.writeInt32LE(typeof answer === 'number' ? -answer : 0, 4);
    request.copy(head, 8, 8, 16);
    writeSync(fd, Buffer.concat([head, body]));
  }
}

/** The body of the answer, or an `errno`; `undefined` where the kernel wants none. */
function answerTo(
  opcode: number,
  node: Node,
  input: Buffer,
  nodes: Map<number, Node>,
  create: (mode: number, data?: Buffer) => Node,
): Buffer | number | undefined {
  const texts = (at: number): string[] => input.subarray(at).toString().split('\0');
  const add = (name: string, make: () => Node): Buffer | number => {
    if (node.members.has(fold(name))) return EEXIST;
    const added = make();
    node.members.set(fold(name), { name, node: added });
    return entry(added);
  };
  const remove = (name: string): number => {
    const found = node.members.get(fold(name));
    if (found === undefined) return ENOENT;
    if (found.node.members.size > 0) return ENOTEMPTY;
    node.members.delete(fold(name));
    return 0;
  };
  const u64 = (at: number): number => Number(input.readBigUInt64LE(at));
  switch (opcode) {
    case 1: {
      const found = node.members.get(fold(texts(0)[0] as string));
      return found === undefined ? ENOENT : entry(found.node);
    }
    case 2: // FORGET
    case 36: // INTERRUPT
    case 42: // BATCH_FORGET
      return undefined;
    case 3: // GETATTR
      return attributes(node);
    case 4: {
      // SETATTR
      const valid = input.readUInt32LE(0);
      if (valid & 1) node.mode = (node.mode & 0o170000) | (input.readUInt32LE(68) & 0o7777);
      if (valid & 32) node.mtime = u64(40);
      return attributes(node);
    }
    case 5: // READLINK
      return node.data;
    case 6: {
      const [name, target] = texts(0) as [string, string];
      return add(name, () => create(S_IFLNK | 0o777, Buffer.from(target)));
    }
    case 9: // MKDIR
      return add(texts(8)[0] as string, () => create(S_IFDIR | (input.readUInt32LE(0) & 0o7777)));
    case 10: // UNLINK
    case 11: // RMDIR
      return remove(texts(0)[0] as string);
    case 12: // RENAME
    case 45: {
      // RENAME2
      const [from, to] = texts(opcode === 12 ? 8 : 16) as [string, string];
      const target = (nodes.get(u64(0)) as Node).members;
      const moved = node.members.get(fold(from));
      if (moved === undefined) return ENOENT;
      node.members.delete(fold(from));
      target.set(fold(to), { name: to, node: moved.node });
      return 0;
    }
    case 13: // LINK
      return add(texts(8)[0] as string, () => nodes.get(u64(0)) as Node);
    case 14: // OPEN
    case 27: // OPENDIR
      return Buffer.alloc(16);
    case 15: // READ
      return node.data.subarray(u64(8), u64(8) + input.readUInt32LE(16));
    case 16: {
      // WRITE
      const data = input.subarray(40, 40 + input.readUInt32LE(16));
      node.data = Buffer.concat([node.data.subarray(0, u64(8)), data]);
      const out = Buffer.alloc(8);
      out.writeUInt32LE(data.length);
      return out;
    }
    case 26: {
      // INIT
      const out = Buffer.alloc(64);
      out.writeUInt32LE(7, 0);
      out.writeUInt32LE(31, 4);
      out.writeUInt32LE(MOST, 20);
      return out;
    }
    case 28: // READDIR
      return listing(node, u64(8), input.readUInt32LE(16));
    case 35: {
      // CREATE
      const made = add(texts(16)[0] as string, () => create(S_IFREG | (input.readUInt32LE(4) & 0o7777)));
      return typeof made === 'number' ? made : Buffer.concat([made, Buffer.alloc(16)]);
    }
    case 18: // RELEASE
    case 25: // FLUSH
    case 29: // RELEASEDIR
    case 38: // DESTROY
      return 0;
    default:
      return ENOSYS;
  }
}

function attribute(node: Node): Buffer {
  const out = Buffer.alloc(88);
  out.writeBigUInt64LE(BigInt(node.id), 0);
  out.writeBigUInt64LE(BigInt(node.data.length), 8);
  for (const at of [24, 32, 40]) out.writeBigUInt64LE(BigInt(node.mtime), at);
  out.writeUInt32LE(node.mode, 60);
  out.writeUInt32LE(1, 64);
  return out;
}

/** Nothing is cached: the kernel asks each time. */
function attributes(node: Node): Buffer {
  return Buffer.concat([Buffer.alloc(16), attribute(node)]);
}

function entry(node: Node): Buffer {
  const out = Buffer.alloc(40);
  out.writeBigUInt64LE(BigInt(node.id), 0);
  return Buffer.concat([out, attribute(node)]);
}

function listing(directory: Node, offset: number, room: number): Buffer {
  const parts: Buffer[] = [];
  let left = room;
  const members = [...directory.members.values()].slice(offset);
  for (const [i, { name, node }] of members.entries()) {
    const bytes = Buffer.from(name);
    const out = Buffer.alloc(24 + Math.ceil(bytes.length / 8) * 8);
    left -= out.length;
    if (left < 0) break;
    out.writeBigUInt64LE(BigInt(node.id), 0);
    out.writeBigUInt64LE(BigInt(offset + i + 1), 8);
    out.writeUInt32LE(bytes.length, 16);
    out.writeUInt32LE(node.mode >> 12, 20);
    bytes.copy(out, 24);
    parts.push(out);
  }
  return Buffer.concat(parts);
}

if (!isMainThread) serve(workerData as number);

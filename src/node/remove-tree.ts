/**
 * Removing a tree of our own making.
 *
 * @module
 */
import { chmodSync, lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { fsPath, joinPath, readMembers, systemCode } from './fs-path.ts';

/** Nodes removed before the event loop gets a turn. */
const SLICE = 500;

/**
 * Removes what is at `path`, if anything: whatever its names (the `rm` of `node:fs` misses those
 * that are not UTF-8) and even where directories are read-only. Links are removed, not followed.
 *
 * @throws the error of `node:fs`.
 */
export async function removeTree(path: string): Promise<void> {
  let count = 0;
  for (const node of postOrder(path)) {
    if (node.isDirectory) rmdirSync(fsPath(node.path));
    else unlinkSync(fsPath(node.path));
    if (++count % SLICE === 0) await setImmediate();
  }
}

function* postOrder(root: string): Generator<{ path: string; isDirectory: boolean }> {
  try {
    if (!lstatSync(fsPath(root)).isDirectory()) {
      yield { path: root, isDirectory: false };
      return;
    }
  } catch (err) {
    if (systemCode(err) === 'ENOENT') return;
    throw err;
  }
  const open = [enter(root)];
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const member = top.members.pop();
    if (member === undefined) {
      open.pop();
      yield { path: top.path, isDirectory: true };
      continue;
    }
    const path = joinPath(top.path, member.name);
    if (member.kind.isDirectory()) open.push(enter(path));
    else yield { path, isDirectory: false };
  }
}

function enter(path: string): { path: string; members: ReturnType<typeof readMembers> } {
  chmodSync(fsPath(path), 0o700);
  return { path, members: readMembers(path) };
}

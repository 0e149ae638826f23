/** Trees on disk as the entries of the kit: raw bytes in, raw bytes out. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { Json } from '../../src/conformance/suite.ts';

const SLASH = Buffer.from('/');

/** What is at a path, in archive order; nothing where nothing is. */
export function readDiskTree(top: string): Json[] {
  const entries: Json[] = [];
  const visit = (path: Buffer): void => {
    const at = path.length === 0 ? Buffer.from(top) : Buffer.concat([Buffer.from(top), SLASH, path]);
    const base = { path: path.toString('base64') };
    const stat = lstatSync(at);
    if (stat.isDirectory()) {
      entries.push({ type: 'directory', ...base });
      for (const name of readdirSync(at, { encoding: 'buffer' }).sort(Buffer.compare))
        visit(path.length === 0 ? name : Buffer.concat([path, SLASH, name]));
    } else if (stat.isSymbolicLink()) {
      const target = readlinkSync(at, { encoding: 'buffer' }).toString('base64');
      entries.push({ type: 'symlink', ...base, target });
    } else {
      const executable = (stat.mode & 0o100) !== 0;
      entries.push({ type: 'regular', ...base, executable, contents: readFileSync(at).toString('base64') });
    }
  };
  if (existsSync(top) || isLink(top)) visit(Buffer.alloc(0));
  return entries;
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

interface DiskEntry {
  readonly type: string;
  readonly path: string;
  readonly executable?: boolean;
  /** Instead of `executable`: permissions in octal. */
  readonly mode?: string;
  readonly contents?: string;
  readonly target?: string;
}

/** Makes what entries say. */
export function makeDiskTree(top: string, entries: Json): void {
  for (const {
    type,
    path,
    executable,
    mode,
    contents = '',
    target = '',
  } of entries as unknown as DiskEntry[]) {
    const at =
      path === '' ? Buffer.from(top) : Buffer.concat([Buffer.from(top), SLASH, Buffer.from(path, 'base64')]);
    if (type === 'directory') mkdirSync(at);
    else if (type === 'fifo') execFileSync('mkfifo', [at.toString()]);
    else if (type === 'symlink') symlinkSync(Buffer.from(target, 'base64'), at);
    else {
      writeFileSync(at, Buffer.from(contents, 'base64'));
      chmodSync(at, mode === undefined ? (executable === true ? 0o755 : 0o644) : Number.parseInt(mode, 8));
    }
  }
}

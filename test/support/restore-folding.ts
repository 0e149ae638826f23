/**
 * A program: restores what its first argument describes (JSON) into a folding file system that it
 * mounts, in a mount namespace of its own, at its second argument; prints what came of it (JSON).
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { isNarkitError } from 'narkit';
import type { NarEntry } from 'narkit/nar';
import { type RestoreOptions, restorePath } from 'narkit/node';
import { mountFolding } from './folding-fs.ts';

/** Entries without bodies: every file has the content `file`. */
export interface FoldingCase {
  readonly entries: readonly {
    readonly type: NarEntry['type'];
    readonly path: string;
    readonly target?: string;
  }[];
  readonly options?: RestoreOptions;
  /** A directory that is there before, beside the destination `to`. */
  readonly before?: string;
}

export interface FoldingResult {
  /** The code of the error, `undefined` where there was none. */
  readonly code?: string;
  readonly message?: string;
  /** What the file system holds, in the order in which it was made. */
  readonly left: readonly string[];
}

const body = Buffer.from('file');
const [, , cases, directory] = argv as [string, string, string, string];

async function run({ entries, options, before }: FoldingCase, base: string): Promise<FoldingResult> {
  mkdirSync(base);
  if (before !== undefined) mkdirSync(join(base, before));
  const full = entries.map((entry) =>
    entry.type === 'regular' ? { ...entry, executable: false, size: body.length, body } : entry,
  );
  let error: { code?: string; message?: string } = {};
  try {
    await restorePath(full as NarEntry[], join(base, 'to'), options);
  } catch (err) {
    if (!isNarkitError(err)) throw err;
    error = { code: err.code, message: err.message };
  }
  return { ...error, left: readdirSync(base, { recursive: true }) as string[] };
}

const unmount = mountFolding(directory);
try {
  const results: FoldingResult[] = [];
  for (const [i, given] of (JSON.parse(cases) as FoldingCase[]).entries()) {
    results.push(await run(given, join(directory, String(i))));
  }
  console.log(JSON.stringify(results));
} finally {
  unmount();
}

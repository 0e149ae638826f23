/** NARs: `nix-store --restore` reads them, `nix-store --dump` writes them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ConformanceVerdict } from '../../src/conformance/suite.ts';
import type { NixWorld } from '../../test/support/nix.ts';
import { askEach, refusal } from './ask.ts';
import { makeDiskTree, readDiskTree } from './disk-tree.ts';
import { caseHacks, diskDumps } from './nar-disk.ts';
import { framingReads } from './nar-framing.ts';
import { grammarReads } from './nar-grammar.ts';
import { treeReads, treeWrites } from './nar-trees.ts';
import { restore } from './restore.ts';
import type { Input, Topic } from './topic.ts';

const ABOUT = `NAR, the Nix archive. Names, targets and contents are bytes, and so base64 everywhere.
read {nar}: the archive is the whole input. Accepts the list of its entries in archive order, each
{type: "directory", path}, {type: "symlink", path, target} or {type: "regular", path, executable, contents};
paths are names joined by slashes, that of the root is empty. Of Nix it is what nix-store --restore left on disk,
where it ended well: no entries where it created nothing.
write {entries}: such entries. Accepts the archive. Of Nix it is what nix-store --dump writes of them.
dump {entries}: files on disk, with permissions in octal as mode instead of executable; the type may be "fifo".
Accepts the archive that nix-store --dump writes.
restore-with-case-hack {nar}: accepts the entries that are on disk in the end, as read has them, where the file system
is taken for one that folds cases (use-case-hack).
For the last two, which are about disks, narkit has no operation here.`;

/** Options of nix-store for the operations that read. */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  'restore-with-case-hack': ['--option', 'use-case-hack', 'true'],
};

/** The directories of the trees, and of what is restored. */
function placeOf(world: NixWorld, { id }: Input): string {
  return join(world.dir, 'trees', id);
}

async function read(world: NixWorld, input: Input): Promise<ConformanceVerdict> {
  const place = placeOf(world, input);
  const nar = Buffer.from(input.input['nar'] as string, 'base64');
  const { code, stderr } = await restore(world, nar, place, SETTINGS[input.operation]);
  if (code !== 0) return { rejects: refusal(world, stderr) };
  return { accepts: readDiskTree(place) };
}

async function write(world: NixWorld, input: Input): Promise<ConformanceVerdict> {
  const place = placeOf(world, input);
  makeDiskTree(place, input.input['entries'] ?? []);
  const { code, stdout, stderr } = await world.try('nix-store', ['--dump', place]);
  if (code !== 0) return { rejects: refusal(world, stderr) };
  return { accepts: Buffer.from(stdout, 'latin1').toString('base64') };
}

export const nar: Topic = {
  topic: 'nar',
  about: ABOUT,
  inputs: [...treeReads, ...grammarReads, ...framingReads, ...treeWrites, ...diskDumps, ...caseHacks],
  async ask(world, inputs) {
    mkdirSync(join(world.dir, 'trees'));
    return await askEach(inputs, (input) =>
      'entries' in input.input ? write(world, input) : read(world, input),
    );
  },
};

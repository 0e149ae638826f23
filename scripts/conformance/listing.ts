/** NAR listings: `nix store ls` reads them, `nix nar ls` and `nix copy` write them. */
import { isUtf8 } from 'node:buffer';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConformanceVerdict, Json } from '../../src/conformance/suite.ts';
import { file, nar as narOf } from '../../test/nar/trees.ts';
import { B_INFO, B_NARINFO, B_PATH } from '../../test/narinfo/vectors.ts';
import type { NixWorld } from '../../test/support/nix.ts';
import { askEach, refusal, verdictOf } from './ask.ts';
import { listingInputs, PREFIX, SUFFIX } from './listing-inputs.ts';
import { restore } from './restore.ts';
import type { Input, Topic } from './topic.ts';

const ABOUT = `NAR listings, the .ls files of a binary cache.
parse {text}: the text of such a file. Accepts its root: {type: "regular", executable, size, narOffset} with numbers as
decimal texts, unknown ones (a narOffset of 0, too) left out; {type: "symlink", target}; {type: "directory", entries}.
Nix reads listings only in the directory of local-nar-cache, where they are the root alone: that is what nix store ls
--json -R was given, and there is no verdict where the root is not what is special about the text.
list {nar}: an archive in base64. Accepts the root of its listing in the same form. Of Nix it is what nix nar ls
--json -R says.
write {nar}: accepts the document that is put into a cache, where executable is there if it is true; the order of keys
means nothing. Of Nix it is what nix copy writes with write-nar-listing.
There is no verdict where what Nix 2.8 writes is no JSON.`;

interface Node {
  readonly type: string;
  readonly executable?: boolean;
  readonly size?: string;
  readonly narOffset?: string;
  readonly target?: string;
  readonly entries?: Readonly<Record<string, Node>>;
}

/** The form of the kit. Numbers are quoted before anything reads them, as some are beyond those of JavaScript. */
function rootOf(stdout: string): Json {
  const text = stdout.replaceAll(/"(size|narOffset)":(\d+)/g, '"$1":"$2"');
  const node = (each: Node): Json => {
    const { type, target = '', entries = {}, executable = false, size, narOffset } = each;
    if (type === 'symlink') return { type, target };
    if (type === 'directory') {
      const members = Object.entries(entries).map(([name, member]) => [name, node(member)]);
      return { type, entries: Object.fromEntries(members) as Json };
    }
    return {
      type,
      executable,
      ...(size === undefined ? {} : { size }),
      ...(narOffset === undefined || narOffset === '0' ? {} : { narOffset }),
    };
  };
  return node(JSON.parse(text) as Node);
}

/** A cache whose one archive and its listing are in a local cache already. */
async function parse(world: NixWorld, { id, input }: Input): Promise<ConformanceVerdict | undefined> {
  const text = input['text'] as string;
  if (!text.startsWith(PREFIX) || !text.endsWith(SUFFIX)) return undefined;
  const root = text.slice(PREFIX.length, -SUFFIX.length);
  if (id.startsWith('document-')) return undefined;
  const [cache, local] = [join(world.dir, 'cache', id), join(world.dir, 'local', id)];
  await mkdir(cache, { recursive: true });
  await mkdir(local, { recursive: true });
  await writeFile(join(cache, 'nix-cache-info'), 'StoreDir: /nix/store\n');
  await writeFile(join(cache, `${B_INFO.storePath.slice(0, 32)}.narinfo`), B_NARINFO);
  // Older versions name the files by the path, newer ones by the hash of the archive.
  for (const name of [B_INFO.storePath.slice(0, 32), /NarHash: sha256:(.*)/.exec(B_NARINFO)?.[1]]) {
    await writeFile(join(local, `${name}.nar`), narOf(file('hello\n')));
    await writeFile(join(local, `${name}.ls`), root);
  }
  const store = `file://${cache}?local-nar-cache=${local}`;
  const args = ['store', 'ls', '--json', '-R', '--store', store, B_PATH];
  return verdictOf(world, await world.try('nix', args, { NIX_STORE_DIR: '/nix/store' }), rootOf);
}

async function list(world: NixWorld, { id, input }: Input): Promise<ConformanceVerdict | undefined> {
  const archive = join(world.dir, `${id}.nar`);
  await writeFile(archive, Buffer.from(input['nar'] as string, 'base64'));
  const outcome = await world.try('nix', ['nar', 'ls', '--json', '-R', archive, '/']);
  return isUtf8(Buffer.from(outcome.stdout, 'latin1')) ? verdictOf(world, outcome, rootOf) : undefined;
}

async function write(world: NixWorld, { id, input }: Input): Promise<ConformanceVerdict | undefined> {
  const [tree, cache] = [join(world.dir, id), join(world.dir, `${id}-cache`)];
  const { code: restored } = await restore(world, Buffer.from(input['nar'] as string, 'base64'), tree);
  if (restored !== 0) throw new Error(`${id} cannot be restored`);
  const path = (await world.run('nix-store', ['--add', tree])).trim();
  const to = `file://${cache}?write-nar-listing=true`;
  const { code, stderr } = await world.try('nix', ['copy', '--no-check-sigs', '--to', to, path]);
  if (code !== 0) return { rejects: refusal(world, stderr) };
  const name = (await readdir(cache)).find((each) => each.endsWith('.ls')) ?? '';
  const text = await readFile(join(cache, name));
  return isUtf8(text) ? { accepts: JSON.parse(text.toString()) as Json } : undefined;
}

const ASKS: Readonly<
  Record<string, (world: NixWorld, input: Input) => Promise<ConformanceVerdict | undefined>>
> = { parse, list, write };

export const listing: Topic = {
  topic: 'listing',
  about: ABOUT,
  inputs: listingInputs,
  async ask(world, inputs) {
    // Two that make the database at once get in each other's way.
    await world.run('nix-store', ['--init']);
    return await askEach(
      inputs,
      (input) => ASKS[input.operation]?.(world, input) ?? Promise.resolve(undefined),
    );
  },
};

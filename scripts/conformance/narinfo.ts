/** Narinfos: `nix path-info` reads them from a cache of files, `nix store sign` writes them again. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConformanceVerdict, Json } from '../../src/conformance/suite.ts';
import { B_PATH, SECRET } from '../../test/narinfo/vectors.ts';
import { isAtLeast, type NixWorld, type Outcome } from '../../test/support/nix.ts';
import { askEach, refusal } from './ask.ts';
import { oddityInputs } from './narinfo-oddities.ts';
import { readingInputs } from './narinfo-reading.ts';
import { writingInputs } from './narinfo-writing.ts';
import type { Input, Topic } from './topic.ts';

const ABOUT = `Narinfos, the metadata of a path in a binary cache. Every operation has the store directory as storeDir.
parse {text}: accepts the fields: storePath, references and deriver as base names, references sorted and each once;
narHash and fileHash in SRI form; narSize and fileSize as decimal texts; url, compression, ca; signatures as texts,
sorted and each once. What is unknown is left out; references and signatures are always there. Of Nix it is what
nix path-info --json says of a cache of files; Nix 2.8 does not tell the compression there, so it is what it writes
on signing, and left out where it cannot.
find {text, path}: the narinfo lies where that of path (a full path) belongs. Accepts the fields as parse does, or
null where the path counts as absent.
rewrite {text}: accepts the text of a narinfo that says the same in the form in which Nix writes. Of Nix it is what
nix store sign makes of it, without the new signature.`;

const KEY = SECRET.replace(/^[^:]*/, 'conformance-kit');

const keyFile = (world: NixWorld): string => join(world.dir, 'key');

/** A cache with the one narinfo. */
class OneNarInfo {
  readonly world: NixWorld;
  readonly path: string;
  readonly dir: string;
  readonly file: string;

  constructor(world: NixWorld, { id, input }: Input) {
    this.world = world;
    this.path =
      (input['path'] as string | undefined) ?? B_PATH.replace('/nix/store', input['storeDir'] as string);
    this.dir = join(world.dir, 'caches', id);
    this.file = join(this.dir, `${this.path.slice(this.path.lastIndexOf('/') + 1).slice(0, 32)}.narinfo`);
  }

  async make({ storeDir, text }: Input['input']): Promise<void> {
    await mkdir(this.dir, { recursive: true });
    await writeFile(join(this.dir, 'nix-cache-info'), `StoreDir: ${storeDir as string}\n`);
    await writeFile(this.file, text as string);
  }

  async run(storeDir: Json | undefined, ...args: string[]): Promise<Outcome> {
    const all = [...args, '--store', `file://${this.dir}`, this.path];
    return await this.world.try('nix', all, { NIX_STORE_DIR: storeDir as string });
  }

  /** The text that Nix writes with one more signature, and what that was taken out of. */
  async rewrite(storeDir: Json | undefined): Promise<Outcome & { text: string }> {
    const outcome = await this.run(storeDir, 'store', 'sign', '-k', keyFile(this.world));
    const text = await readFile(this.file, 'utf8');
    return { ...outcome, text: text.replace(/^Sig: conformance-kit:.*\n/m, '') };
  }
}

type Facts = Readonly<Record<string, Json>>;

/** The members that are known, in the form of the kit. */
function fieldsOf(path: string, info: Facts, compression: Json): Json {
  const base = (full: Json): string => (full as string).slice((full as string).lastIndexOf('/') + 1);
  const fields: Record<string, Json | undefined> = {
    storePath: base(info['path'] ?? path),
    url: info['url'],
    compression: info['compression'] ?? compression,
    fileHash: info['downloadHash'],
    fileSize: info['downloadSize'],
    narHash: info['narHash'],
    narSize: info['narSize'],
    references: (info['references'] as string[]).map(base).sort(),
    deriver: info['deriver'] && base(info['deriver']),
    signatures: ((info['signatures'] ?? []) as string[]).toSorted(),
    ca: info['ca'] === '' ? undefined : info['ca'],
  };
  const known = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(known) as Json;
}

async function parse(world: NixWorld, question: Input): Promise<ConformanceVerdict> {
  const { storeDir } = question.input;
  const cache = new OneNarInfo(world, question);
  await cache.make(question.input);
  const format = isAtLeast(world.nix, '2.33') ? ['--json-format', '1'] : [];
  const { code, stdout, stderr } = await cache.run(storeDir, 'path-info', '--json', ...format);
  if (code !== 0) return { rejects: refusal(world, stderr) };
  // Sizes are beyond the numbers of JavaScript.
  const quoted = Buffer.from(stdout, 'latin1')
    .toString('utf8')
    .replaceAll(/("(?:nar|download)Size":)(\d+)/g, '$1"$2"');
  const document = JSON.parse(quoted) as Facts[] | Readonly<Record<string, Facts | null>>;
  const info = Array.isArray(document) ? document[0] : (document as Record<string, Facts | null>)[cache.path];
  if (info === null || info === undefined || info['valid'] === false) return { accepts: null };
  const compression =
    'compression' in info
      ? null
      : (/^Compression: (.*)$/m.exec(await rewritten(cache, storeDir))?.[1] ?? null);
  return { accepts: fieldsOf(cache.path, info, compression) };
}

async function rewritten(cache: OneNarInfo, storeDir: Json | undefined): Promise<string> {
  const { code, text } = await cache.rewrite(storeDir);
  return code === 0 ? text : '';
}

async function rewrite(world: NixWorld, question: Input): Promise<ConformanceVerdict> {
  const cache = new OneNarInfo(world, question);
  await cache.make(question.input);
  const { code, stderr, text } = await cache.rewrite(question.input['storeDir']);
  return code === 0 ? { accepts: text } : { rejects: refusal(world, stderr) };
}

export const narinfo: Topic = {
  topic: 'narinfo',
  about: ABOUT,
  inputs: [...readingInputs, ...oddityInputs, ...writingInputs],
  async ask(world, inputs) {
    await writeFile(keyFile(world), KEY);
    return await askEach(inputs, (input) =>
      input.operation === 'rewrite' ? rewrite(world, input) : parse(world, input),
    );
  },
};

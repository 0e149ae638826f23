/**
 * Content addresses, asked through the narinfos of a cache, and, for paths that refer to themselves, through
 * `nix store make-content-addressed`.
 */
import { join } from 'node:path';
import type { ConformanceVerdict } from '../../src/conformance/suite.ts';
import { isAtLeast, type NixWorld } from '../../test/support/nix.ts';
import { askEach, refusal, tryWithInput, verdictOf } from './ask.ts';
import { inputs, NARS } from './content-address-rows.ts';
import { FileCache, narInfoText, pathOf } from './file-cache.ts';
import type { Input, Topic } from './topic.ts';

export const contentAddress: Topic = {
  topic: 'content-address',
  about: [
    'Content addresses, the CA of a narinfo.',
    'parse {text}: gives the text that Nix writes.',
    'proves {path (full), ca, references (base names)}: tells whether the path follows from the',
    'address, so that no signature is needed.',
    'rewriteSelf {path (full), nar (base64), positions}: gives the address and the new path of a NAR',
    'that names its own path and no other, whose hash part is replaced; positions tells whether their',
    'offsets are hashed as well.',
  ].join('\n'),
  inputs,
  async ask(world, asked) {
    const git = isAtLeast(world.nix, '2.24') ? ' git-hashing blake3-hashes' : '';
    await world.configure({ 'experimental-features': `nix-command${git}` });
    return await askEach(asked, async (each) => {
      if (each.operation === 'rewriteSelf') return await rewriteSelf(world, each);
      const { input } = each;
      if (each.operation === 'parse') {
        const narInfo = narInfoText({ CA: String(input['text']) });
        const cache = await FileCache.create(world, each.id, narInfo);
        const format = isAtLeast(world.nix, '2.33') ? ['--json-format', '1'] : [];
        const outcome = await cache.nix(['path-info', '--json', ...format, pathOf(narInfo)]);
        return verdictOf(world, outcome, (stdout) => /"ca":"([^"]*)"/.exec(stdout)?.[1] ?? null);
      }
      const references = (input['references'] as readonly string[]).join(' ');
      const [StorePath, CA] = [String(input['path']), String(input['ca'])];
      const cache = await FileCache.create(
        world,
        each.id,
        narInfoText({ StorePath, CA, References: references }),
      );
      return trusted(world, await cache.nix(['store', 'verify', '--no-contents', StorePath]));
    });
  },
};

/** Whether `nix store verify` trusts the path. */
export function trusted(
  world: NixWorld,
  { code, stderr }: { code: number; stderr: string },
): ConformanceVerdict {
  if (code === 0) return { accepts: true };
  return stderr.includes('is untrusted') ? { accepts: false } : { rejects: refusal(world, stderr) };
}

/** Puts the NAR into a store below the directory, and lets Nix make it content-addressed. */
async function rewriteSelf(world: NixWorld, { id, input }: Input): Promise<ConformanceVerdict | undefined> {
  // 2.17 to 2.34 left the positions out, all others have them.
  const positions = !isAtLeast(world.nix, '2.17') || isAtLeast(world.nix, '2.35');
  if (input['positions'] !== positions) return undefined;
  const path = String(input['path']);
  const env = { NIX_STORE_DIR: '/nix/store', NIX_REMOTE: `local?root=${join(world.dir, id)}` };
  const stream = exportOf(path, NARS.get(id) as Buffer);
  const imported = await tryWithInput(world, 'nix-store', ['--import'], stream, env);
  if (imported.code !== 0) throw new Error(imported.stderr);
  const outcome = await world.try('nix', ['store', 'make-content-addressed', '--json', path], env);
  if (outcome.code !== 0) return { rejects: refusal(world, outcome.stderr) };
  const { rewrites } = JSON.parse(outcome.stdout) as { rewrites: Record<string, string> };
  const made = rewrites[path] as string;
  const info = await world.try('nix', ['path-info', '--json', made], env);
  return verdictOf(world, info, (stdout) => ({ path: made, ca: /"ca":"([^"]*)"/.exec(stdout)?.[1] ?? null }));
}

/** The stream of `nix-store --export` for one path that refers to itself. */
function exportOf(path: string, nar: Buffer): Buffer {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
  };
  const text = (value: string): Buffer => {
    const bytes = Buffer.alloc(Math.ceil(value.length / 8) * 8);
    bytes.write(value);
    return Buffer.concat([number(value.length), bytes]);
  };
  return Buffer.concat([
    number(1),
    nar,
    number(0x4558494e),
    text(path),
    ...[number(1), text(path)],
    text(''),
    number(0),
    number(0),
  ]);
}

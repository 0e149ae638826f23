/**
 * Store paths, asked through the evaluator, which parses the paths that a string refers to, and through
 * `nix-store --print-fixed-path`, which computes a path without adding anything.
 */
import { posix } from 'node:path';
import type { ConformanceVerdict } from '../../src/conformance/suite.ts';
import type { NixWorld } from '../../test/support/nix.ts';
import { askEach, nixString, verdictOf } from './ask.ts';
import { LISTS, NAMES, PATHS } from './store-path-rows.ts';
import type { Input, Topic } from './topic.ts';

const HASH = '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm';
const HELLO = 'fixed:sha256:00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq';

function parse(section: string, id: string, text: string, about: string, more: Partial<Input> = {}): Input {
  return { id, about, section, operation: 'parse', input: { text }, ...more };
}

const inputs: readonly Input[] = [
  ...PATHS.map(([section, id, text, about, why]) =>
    parse(section, id, text, about, why === undefined ? {} : { why }),
  ),
  parse('shape: the store directory', 'other-store-dir', `/gnu/store/${HASH}-a`, 'the store is /gnu/store', {
    input: { text: `/gnu/store/${HASH}-a`, storeDir: '/gnu/store' },
  }),
  parse(
    'shape: the store directory',
    'default-in-other-store',
    `/nix/store/${HASH}-a`,
    'the store is /gnu/store',
    {
      input: { text: `/nix/store/${HASH}-a`, storeDir: '/gnu/store' },
    },
  ),
  ...NAMES.flatMap(([section, id, name, about]): Input[] => [
    parse(section, `parse-${id}`, `/nix/store/${HASH}-${name}`, about),
    // The command line would take it for an option.
    ...(name.startsWith('-')
      ? []
      : [{ id: `make-${id}`, about, section, operation: 'makeFixed', input: { name, ca: HELLO } }]),
  ]),
  ...LISTS,
];

export const storePath: Topic = {
  topic: 'store-path',
  about: [
    'Store paths; storeDir is /nix/store where it is absent.',
    'parse {text, storeDir}: gives the base name of a full path.',
    'makeFixed {name, ca, storeDir}: gives the full path of what is content-addressed without',
    'references.',
    'makeText {name, text, references (full paths)}: gives the full path of a text file.',
  ].join('\n'),
  inputs,
  async ask(world, asked) {
    return await askEach(asked, async ({ operation, input }) => {
      const storeDir = String(input['storeDir'] ?? '/nix/store');
      if (operation === 'parse') return await parses(world, String(input['text']), storeDir);
      if (operation === 'makeText') {
        const references = (input['references'] as readonly string[]).map(
          (path) => `(builtins.appendContext "" { ${nixString(path)} = { path = true; }; })`,
        );
        const text = [nixString(String(input['text'])), ...references].join(' + ');
        return await evaluate(
          world,
          `builtins.toFile ${nixString(String(input['name']))} (${text})`,
          storeDir,
        );
      }
      const [, method, algo = '', digest = ''] =
        /^fixed:(r:)?([a-z0-9]+):(.*)$/.exec(String(input['ca'])) ?? [];
      const recursive = method === undefined ? [] : ['--recursive'];
      const args = ['--print-fixed-path', ...recursive, '--', algo, digest, String(input['name'])];
      const outcome = await world.try('nix-store', args, { NIX_STORE_DIR: storeDir });
      return verdictOf(world, outcome, (stdout) => stdout.replace(/\n$/, ''));
    });
  },
};

/**
 * The path as a reference of a string. To know as which path it was read, a file with this reference is held against
 * one with the canonical path: only if they are the same has their hash come from the same.
 */
async function parses(world: NixWorld, text: string, storeDir: string): Promise<ConformanceVerdict> {
  const canonical = posix.normalize(text).replace(/\/$/, '');
  const file = (path: string): string =>
    `builtins.toFile "x" (builtins.appendContext "" { ${nixString(path)} = { path = true; }; })`;
  const verdict = await evaluate(world, `${file(text)} == ${file(canonical)}`, storeDir);
  if ('rejects' in verdict) return verdict;
  if (verdict.accepts !== true) throw new Error(`${text} was read, but not as ${canonical}`);
  return { accepts: posix.basename(canonical) };
}

async function evaluate(world: NixWorld, expression: string, storeDir: string): Promise<ConformanceVerdict> {
  const args = ['--eval', '--strict', '--json', '-E', expression];
  const outcome = await world.try('nix-instantiate', args, {
    NIX_STORE_DIR: storeDir,
    NIX_REMOTE: 'dummy://',
  });
  return verdictOf(world, outcome, (stdout) => JSON.parse(stdout) as string | boolean);
}

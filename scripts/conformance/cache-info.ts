/**
 * nix-cache-info, asked by letting a Nix open a cache that has it, and by the order in which the caches are asked:
 * one with a lower priority first, and bulk queries not at all where the cache does not want them.
 */
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ConformanceVerdict } from '../../src/conformance/suite.ts';
import type { NixWorld, Outcome } from '../../test/support/nix.ts';
import { askEach, refusal } from './ask.ts';
import { EXPECTED, inputs, type Read } from './cache-info-rows.ts';
import type { Input, Topic } from './topic.ts';

export const cacheInfo: Topic = {
  topic: 'cache-info',
  about: [
    'nix-cache-info, read by a client whose store is /nix/store.',
    'parse {text}: gives {priority, wantMassQuery}.',
    'It is refused too when it is of another store directory.',
  ].join('\n'),
  inputs,
  async ask(world, asked) {
    return await askEach(asked, async (input) => await askOne(world, input));
  },
};

/** Some path that no cache has. */
const PATH = '/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt';

async function askOne(world: NixWorld, { id, input }: Input): Promise<ConformanceVerdict> {
  /** The caches that are asked for a narinfo, in order. */
  const asked = new Set<string>();
  const server = createServer((request, response) => {
    const [, cache = '', name = ''] = /^\/([^/]*)\/(.*)$/.exec(request.url ?? '') ?? [];
    if (name === 'nix-cache-info') {
      response.end(cache === 'case' ? String(input['text']) : 'WantMassQuery: 1\n');
      return;
    }
    asked.add(cache);
    response.statusCode = 404;
    response.end();
  });
  const url = await listen(server);
  const run = async (home: string, program: string, args: readonly string[]): Promise<Outcome> => {
    const dir = join(world.dir, id, home); // what a cache said is kept in HOME
    const env = { NIX_STORE_DIR: '/nix/store', NIX_REMOTE: `local?root=${dir}`, HOME: dir };
    asked.clear();
    return await world.try(program, args, env);
  };
  try {
    const opened = await run('open', 'nix', ['store', 'ping', '--store', `${url}/case`]);
    if (opened.code !== 0) return { rejects: refusal(world, opened.stderr).replaceAll(url, '<url>') };
    const { priority, wantMassQuery } = EXPECTED.get(id) as Read;
    const caches = [
      `${url}/after?priority=${priority + 1}`,
      `${url}/case`,
      `${url}/before?priority=${priority - 1}`,
    ];
    const substituters = ['--option', 'substituters', caches.join(' ')];
    await run('order', 'nix-store', ['--realise', '--dry-run', PATH, ...substituters]);
    const order = [...asked].join(' ');
    const expression = 'derivation { name = "x"; system = "x"; builder = "x"; }';
    const file = join(world.dir, id, 'default.nix');
    await writeFile(file, expression);
    await run('bulk', 'nix-env', ['-qas', '-f', file, '--option', 'system', 'x', ...substituters]);
    if (order !== 'before case after' || asked.has('case') !== wantMassQuery) {
      const seen = `${order}; in bulk ${[...asked].join(' ')}`;
      throw new Error(`${id}: Nix ${world.nix.version} reads something else: ${seen}`);
    }
    return { accepts: { priority, wantMassQuery } };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

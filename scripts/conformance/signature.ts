/** Keys and signatures, asked through `nix key` and `nix store verify`. */
import { askEach, tryWithInput, verdictOf } from './ask.ts';
import { trusted } from './content-address.ts';
import { FileCache, pathOf } from './file-cache.ts';
import { inputs } from './signature-rows.ts';
import type { Topic } from './topic.ts';

export const signature: Topic = {
  topic: 'signature',
  about: [
    'Keys and signatures.',
    'toPublic {secretKey}: gives the text of the public key.',
    'verify {narinfo, publicKeys, needed (how many different signatures must count; 1 where it is',
    'absent)}: tells whether the path is trusted.',
  ].join('\n'),
  inputs,
  async ask(world, asked) {
    return await askEach(asked, async ({ id, operation, input }) => {
      if (operation === 'toPublic') {
        const args = ['key', 'convert-secret-to-public'];
        const outcome = await tryWithInput(world, 'nix', args, String(input['secretKey']));
        return verdictOf(world, outcome, (stdout) => stdout);
      }
      const narInfo = String(input['narinfo']);
      const cache = await FileCache.create(world, id, narInfo);
      const keys = (input['publicKeys'] as readonly string[]).join(' ');
      const needed = input['needed'] === undefined ? [] : ['--sigs-needed', String(input['needed'])];
      const args = ['store', 'verify', '--no-contents', ...needed, '--option', 'trusted-public-keys', keys];
      return trusted(world, await cache.nix([...args, pathOf(narInfo)]));
    });
  },
};

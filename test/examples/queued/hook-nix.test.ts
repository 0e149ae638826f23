/**
 * The queued hooks in builds of every Nix there is: with a store of one's own, and through a daemon.
 */
import assert from 'node:assert/strict';
import { geteuid } from 'node:process';
import { after, describe, it } from 'node:test';
import { nixInstallations } from '../../support/nix.ts';
import { need } from '../../support/require.ts';
import { Builder } from './hook-builder.ts';
import { builtHooks, VARIANTS } from './hook-programs.ts';

const installations = nixInstallations();
const built = builtHooks({ after });

it('there is a Nix', (t) => {
  need(t, 'nix', installations.length > 0, 'Nix');
});

for (const nix of installations) {
  for (const variant of VARIANTS) {
    describe(`${variant} of Nix ${nix.version}`, () => {
      for (const way of ['alone', 'through a daemon']) {
        it(`${way}: every output is queued for every target, with a root`, async (t) => {
          if (way !== 'alone' && geteuid?.() !== 0) return t.skip('a daemon is run by root');
          await using builder = await Builder.create(t, nix, variant, built);
          if (way !== 'alone') await builder.startDaemon();

          await builder.build(['top', 'fixed']);
          const outputs = await builder.outputsOf('top', 'many', 'fixed');
          assert.equal(outputs.length, 5);
          await builder.assertQueued(outputs);
          for (const { data } of await builder.at.queued('first'))
            assert.match((data as { drvPath: string }).drvPath, /^\/.*\.drv$/);

          // The same again: the hook runs, and adds nothing.
          await builder.build(['top'], '--check');
          await builder.assertQueued(outputs);

          // Content-addressed: no file says what their outputs are.
          const [path = ''] = await builder.build(['floating2']);
          const added = (await builder.at.keys('first')).filter((key) => !outputs.includes(key));
          await builder.assertQueued([...outputs, ...added]);
          assert.ok(added.includes(path), `${path} should be among ${added}`);
          const names = added.map((key) => key.replace(/^.*\/[^-]*-/, '')).sort();
          assert.deepEqual(names, ['floating2', 'floating?1', 'floating?1-dev']);
        });
      }
    });
  }
}

/**
 * The queued hooks in builds of every Nix there is: a misleading environment, the garbage collector,
 * and a queue that is not there.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import { after, describe, it } from 'node:test';
import { removeRoot } from '../../../examples/post-build-hook/queued/hook/gc-roots.ts';
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
      it('what the environment of the daemon says is no loss', async (t) => {
        if (geteuid?.() !== 0) return t.skip('a daemon is run by root');
        await using builder = await Builder.create(t, nix, variant, built);
        const other = (await builder.world.run('nix-store', ['--add', 'test.nix'])).trim();
        await builder.startDaemon({ OUT_PATHS: other });
        await builder.build(['top']);
        const [path = ''] = await builder.build(['floating2']);
        const keys = await builder.at.keys('first');
        for (const output of [...(await builder.outputsOf('top', 'many')), other, path])
          assert.ok(keys.includes(output), `${output} should be among ${keys}`);
      });

      it('the garbage collector takes nothing that is queued, and everything once its root is gone', async (t) => {
        await using builder = await Builder.create(t, nix, variant, built);
        await builder.build(['top']);
        const outputs = await builder.outputsOf('top', 'many');
        await builder.world.run('nix-store', ['--gc']);
        for (const path of outputs) assert.ok(existsSync(path), `${path} should be there`);
        for (const target of ['first', 'second']) {
          const directory = join(builder.at.rootsDir, target);
          assert.ok(existsSync(outputs[0] as string), 'the other target needs it');
          for (const path of outputs) assert.equal(await removeRoot(directory, path), true);
          await builder.world.run('nix-store', ['--gc']);
        }
        for (const path of outputs) assert.ok(!existsSync(path), `${path} should be gone`);
      });

      it('strict fails the build command, and lenient does not', async (t) => {
        await using builder = await Builder.create(t, nix, variant, built);
        const { world, at } = builder;
        at.configure('queue-dir = /nonexistent/queue\n');
        const run = async (): Promise<{ code: number; stderr: string }> =>
          await world.try('nix-build', ['--no-out-link', 'test.nix', '-A', 'top'], {
            SALT: `${performance.now()}`,
          });
        const lenient = await run();
        assert.equal(lenient.code, 0, lenient.stderr);
        assert.equal(lenient.stderr.match(/enqueue-upload: not queued: /g)?.length, 2, lenient.stderr);
        at.configure('queue-dir = /nonexistent/queue\nstrict = true\n');
        const strict = await run();
        assert.notEqual(strict.code, 0);
        assert.match(strict.stderr, /enqueue-upload(\.sh)?['"] failed with exit code 1/);
      });
    });
  }
}

/**
 * Everything that a build can be, to the caches and back: several outputs, names that URLs and shells
 * misread, fixed and floating content addresses, builds that only check, and an environment that lies.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import { after, it } from 'node:test';
import { builtHooks, VARIANTS } from '../../examples/queued/hook-programs.ts';
import { nixInstallations } from '../../support/nix.ts';
import { need } from '../../support/require.ts';
import { TARGETS, Upload } from './upload.ts';

const installations = nixInstallations();
const built = builtHooks({ after }, 'upload-queue');

it('there is a Nix', (t) => {
  need(t, 'nix', installations.length > 0, 'Nix');
});

for (const [index, nix] of installations.entries()) {
  const variant = VARIANTS[index % 2] ?? 'enqueue-upload';
  it(`${variant} of Nix ${nix.version}: every kind of build arrives and comes back`, async (t) => {
    if (geteuid?.() !== 0) return t.skip('a daemon is run by root');
    const upload = await Upload.create(t, { nix, variant, programs: built });
    const { builder, world, cable } = upload;
    const stale = (await world.run('nix-store', ['--add', 'test.nix'])).trim();
    // Left in the environment of the daemon, Nix hands it to the hook in place of the truth; 2.8.0 says nothing.
    await builder.startDaemon({ OUT_PATHS: stale });
    await cable.become('works');
    upload.serve();

    await builder.build(['top', 'fixed']);
    await builder.build(['top'], '--check');
    const [floating = ''] = await builder.build(['floating2']);
    await upload.drain();
    const paths = await upload.published('first');
    for (const path of [...(await builder.outputsOf('top', 'many', 'fixed')), floating, stale])
      assert.ok(paths.includes(path), `${path} should be among ${paths}`);
    const names = paths.filter((path) => path !== stale).map((path) => path.replace(/^.*\/[^-]*-/, ''));
    assert.deepEqual(names.sort(), [
      'fixed+1.0',
      'floating2',
      'floating?1',
      'floating?1-dev',
      'odd?name=1',
      'odd?name=1-dev',
      'odd?name=1-lib',
      'top',
    ]);
    assert.deepEqual(await upload.published('second'), paths);

    // It is there already, which is no reason to keep it from the collector.
    await builder.build(['top'], '--check');
    await upload.drain();
    for (const target of TARGETS) assert.deepEqual(builder.at.roots(target), []);
    for (const type of ['failed', 'dead', 'trouble'] as const)
      assert.deepEqual(await upload.events(type), []);
    await upload.kill('SIGTERM');
    // What its environment names is in use, as the collector sees it.
    await builder[Symbol.asyncDispose]();

    const dump = async (path: string): Promise<string> => await world.run('nix-store', ['--dump', path]);
    const before = new Map<string, string>();
    for (const path of paths) before.set(path, await dump(path));
    await world.run('nix-store', ['--gc']);
    const substituters = { first: cable.url, second: `file://${upload.directoryOf('second')}` };
    for (const target of TARGETS) {
      for (const path of paths) assert.ok(!existsSync(path), `${path} should be gone`);
      const other = { NIX_STATE_DIR: join(world.dir, target), NIX_REMOTE: '' };
      await world.run(
        'nix-store',
        ['--realise', ...paths, '--option', 'substituters', substituters[target]].concat([
          '--option',
          'trusted-public-keys',
          upload.publicKey,
        ]),
        other,
      );
      for (const path of paths) assert.equal(await dump(path), before.get(path), path);
      await world.run('nix-store', ['--gc'], other);
    }
  });
}

/**
 * Builds of 50 derivations through a real daemon while the network of one of two targets is down in each
 * way that it can be, and the garbage collector meanwhile and after.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env, geteuid } from 'node:process';
import { after, describe, it } from 'node:test';
import { builtHooks, VARIANTS } from '../../examples/queued/hook-programs.ts';
import { nixInstallations } from '../../support/nix.ts';
import { need } from '../../support/require.ts';
import { FAILURES, type Network } from './cable.ts';
import { Upload } from './upload.ts';

const COUNT = 50;

/** A tree of derivations, each of which needs the one above it, and a last one that needs all. */
const EXPRESSION = `
let
  make = name: needs: derivation {
    inherit name needs; system = builtins.currentSystem; builder = "/bin/sh"; salt = builtins.getEnv "SALT";
    args = [ "-c" "echo \${name} $salt $needs > $out" ];
  };
  nodes = builtins.genList (i:
    make "node-\${toString i}" (if i == 0 then [] else [ (builtins.elemAt nodes ((i - 1) / 2)) ])) ${COUNT - 1};
in { all = make "all" nodes; }`;

const installations = nixInstallations();
const built = builtHooks({ after }, 'upload-queue');

it('there is a Nix', (t) => {
  need(t, 'nix', installations.length > 0, 'Nix');
});

// Each is a build of 50: the oldest and the newest Nix meet other ways with other hooks, unless there is time.
const [oldest, newest] = [installations[0], installations.at(-1)];
const rows = [oldest, newest].flatMap((nix, age) =>
  FAILURES.flatMap((failure, way) =>
    VARIANTS.flatMap((variant, kind) => {
      const chosen = env['NARKIT_SOAK'] || (way + kind + age) % 2 === 0;
      return nix !== undefined && chosen && (env['NARKIT_SOAK'] || age === 1 || way === 0)
        ? [{ nix, failure, variant }]
        : [];
    }),
  ),
);

for (const { nix, failure, variant } of rows) {
  describe(`${variant} of Nix ${nix.version}, with a network that ${words(failure)}`, () => {
    it(`${COUNT} derivations are built, stay, and arrive`, async (t) => {
      if (geteuid?.() !== 0) return t.skip('a daemon is run by root');
      const upload = await Upload.create(t, { nix, variant, programs: built });
      const { builder, world, cable } = upload;
      await writeFile(join(world.dir, 'test.nix'), EXPRESSION);
      await builder.startDaemon();
      await cable.become(failure);
      upload.serve();

      const began = performance.now();
      const [top = ''] = await builder.build(['all'], '-j', '4');
      t.diagnostic(`built in ${Math.round(performance.now() - began)} ms`);
      const content = await readFile(top, 'utf8');
      const paths = (await world.run('nix-store', ['--query', '--requisites', top]))
        .trim()
        .split('\n')
        .sort();
      assert.equal(paths.length, COUNT);

      // The other target waits for nobody.
      await upload.drain('--target', 'second');
      assert.deepEqual(await upload.published('second'), paths);
      assert.deepEqual(builder.at.roots('second'), []);
      assert.deepEqual(builder.at.roots('first'), paths);
      assert.deepEqual(
        (await upload.events('done')).filter(({ target }) => target === 'first'),
        [],
      );

      await world.run('nix-store', ['--gc']);
      for (const path of paths) assert.ok(existsSync(path), `${path} is queued, and should be there`);

      await cable.become('works');
      await upload.drain();
      assert.deepEqual(await upload.published('first'), paths);
      assert.deepEqual(builder.at.roots('first'), []);
      // Nobody was to blame but the network.
      for (const { attempts } of await upload.events('done')) assert.equal(attempts, 1);
      assert.deepEqual(await upload.events('trouble'), []);
      await upload.kill('SIGTERM');

      await world.run('nix-store', ['--gc']);
      for (const path of paths) assert.ok(!existsSync(path), `${path} should be gone`);

      // Another Nix, that knows of nothing.
      const other = { NIX_STATE_DIR: join(world.dir, 'other'), NIX_REMOTE: '' };
      const realise = ['--realise', top, '--option', 'substituters', cable.url];
      const untrusted = await world.try('nix-store', realise, other);
      assert.notEqual(untrusted.code, 0, 'without the key it is refused');
      await world.run('nix-store', [...realise, '--option', 'trusted-public-keys', upload.publicKey], other);
      assert.equal(await readFile(top, 'utf8'), content);
      await world.run('nix-store', ['--verify', '--check-contents'], other);
      for (const path of paths) assert.ok(existsSync(path), path);
    });
  });
}

function words(failure: Network): string {
  return failure === '503' ? 'answers 503' : failure;
}

/**
 * What cannot be published is given up with its reason, and keeps nobody waiting: neither the paths it was
 * queued with nor, when it is a whole target, the other target. Put right, it arrives.
 */
import assert from 'node:assert/strict';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { getgid } from 'node:process';
import { after, test } from 'node:test';
import { may } from '../../../examples/post-build-hook/queued/doctor/accounts.ts';
import { asRoot, nobody } from '../../examples/queued/doctor-world.ts';
import { builtHooks } from '../../examples/queued/hook-programs.ts';
import { nixInstallations } from '../../support/nix.ts';
import { need } from '../../support/require.ts';
import { Upload } from './upload.ts';

const HEALTHY = 20;
const POISONED = ['changed', 'unreadable'];

const EXPRESSION = `
let make = name: derivation {
  inherit name; system = builtins.currentSystem; builder = "/bin/sh"; salt = builtins.getEnv "SALT";
  args = [ "-c" "echo \${name} $salt > $out" ];
}; in {
  poisoned = map make [ ${POISONED.map((name) => `"${name}"`).join(' ')} ];
  healthy = builtins.genList (i: make "healthy-\${toString i}") ${HEALTHY};
}`;

const nix = nixInstallations().at(-1);
const built = builtHooks({ after }, 'upload-queue');

test('two poisoned paths, a dead target, twenty paths and a living one', async (t) => {
  if (!need(t, 'nix', nix !== undefined, 'Nix') || nix === undefined) return;
  // Root reads everything: for it, the service must be somebody else, who can run Node.
  const split = asRoot && (await may(nobody, ['x'], process.execPath));
  if (asRoot && !split) return t.skip('another user cannot run this Node');
  const user = { uid: nobody.uid, gid: getgid?.() ?? 0 };
  const settings = ['batch = 8', 'max-attempts = 2'];
  const upload = await Upload.create(t, {
    nix,
    variant: 'enqueue-upload.sh',
    programs: built,
    settings,
    ...(split ? { user } : {}),
  });
  const { builder, world } = upload;
  await writeFile(join(world.dir, 'test.nix'), EXPRESSION);
  await mkdir(upload.directoryOf('second'));
  if (split) {
    for (const directory of [world.dir, built]) await chmod(directory, 0o755);
    for (const target of ['first', 'second']) await chmod(join(builder.at.rootsDir, target), 0o770);
    for (const path of [upload.directoryOf('second'), join(world.dir, 'key.private')])
      await chown(path, user.uid, user.gid);
    await builder.startDaemon();
  }
  const poisoned = await builder.build(['poisoned']);
  const healthy = await builder.build(['healthy']);
  const [changed = '', unreadable = ''] = poisoned;
  const content = await readFile(changed, 'utf8');
  await chmod(changed, 0o644);
  await writeFile(changed, content.replace('changed', 'CHANGED'));
  await chmod(unreadable, 0);

  upload.serve();
  const drained = await upload.command('drain', '--target', 'second', '--timeout', '60s');
  assert.equal(drained.code, 1, drained.stderr);
  for (const path of poisoned) assert.ok(drained.stderr.includes(`given up: ${path}`), drained.stderr);
  assert.deepEqual(await upload.published('second'), [...healthy].sort());
  assert.deepEqual(builder.at.roots('second'), [...poisoned].sort(), 'what was given up stays');

  const dead = await upload.command('dead', '--target', 'second', '--json');
  const reasons = new Map(
    (JSON.parse(dead.stdout) as { key: string; reason: string }[]).map(({ key, reason }) => [key, reason]),
  );
  assert.equal(reasons.size, 2);
  assert.match(reasons.get(changed) ?? '', /^gave up after 2 attempts: .*hash/i);
  assert.match(reasons.get(unreadable) ?? '', /^gave up after 2 attempts: .*(EACCES|denied)/i);

  // No other had to wait for a second round.
  const batches = (await upload.events('batch')).filter(({ target }) => target === 'second');
  for (const path of healthy)
    assert.equal(batches.filter(({ keys }) => keys.includes(path)).length, 1, basename(path));

  await writeFile(changed, content);
  const retried = await upload.command('retry', changed);
  assert.deepEqual([retried.code, retried.stderr], [0, '']);
  await chmod(unreadable, 0o444);
  const all = await upload.command('retry');
  assert.match(all.stdout, /^second: queued 1 path again$/m);
  await upload.drain('--target', 'second');
  assert.deepEqual(await upload.published('second'), [...healthy, ...poisoned].sort());
  assert.deepEqual(builder.at.roots('second'), []);

  // All the while nobody listened there: nothing is lost, and nothing is anybody's fault.
  assert.deepEqual(builder.at.roots('first'), [...healthy, ...poisoned].sort());
  for (const type of ['done', 'failed', 'dead'] as const)
    assert.deepEqual(
      (await upload.events(type)).filter(({ target }) => target === 'first'),
      [],
      type,
    );
  assert.ok((await upload.events('down')).some(({ target }) => target === 'first'));
});

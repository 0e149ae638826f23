import assert from 'node:assert/strict';
import { appendFile, chmod, chown, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { asRoot, nobody, only, World } from './doctor-world.ts';

describe('doctor: nothing wrong', () => {
  it('finds nothing, and says what it looked at', async (t) => {
    const world = await World.create(t);
    const found = await world.findings();
    assert.deepEqual(
      found.filter(({ level }) => level !== 'ok'),
      [],
    );
    assert.deepEqual(
      [...new Set(found.map(({ check }) => check))],
      [
        'nix.conf',
        'hook',
        'daemon',
        'configuration',
        'keys',
        'trust',
        'spool main',
        'gc roots main',
        'target main',
      ],
    );
  });
});

describe('doctor: nix.conf', () => {
  it('no hook', async (t) => {
    const world = await World.create(t);
    world.edit('nixConf', /^post-build-hook.*\n/, '');
    only(
      await world.problems(),
      /^error nix\.conf: there is no post-build-hook: .*etc\/nix\.conf does not set it/,
    );
  });

  it('a hook that a later layer takes away', async (t) => {
    const world = await World.create(t);
    world.env['NIX_CONFIG'] = 'post-build-hook =';
    await world.daemon(Date.now() + 60_000);
    only(await world.problems(), /^error nix\.conf: there is no .*NIX_CONFIG, line 1, sets it to nothing/);
  });

  it('layers that contradict each other, and which one counts', async (t) => {
    const world = await World.create(t);
    const user = join(world.dir, 'user.conf');
    await writeFile(user, `# mine\npost-build-hook = ${world.hook}\n`);
    world.env['NIX_USER_CONF_FILES'] = user;
    await world.daemon(Date.now() + 60_000);
    world.edit('nixConf', world.hook, '/bin/true');
    only(
      await world.problems(),
      /^warning nix\.conf: .*etc\/nix\.conf, line 1, sets \/bin\/true, which .*user\.conf, line 2 overrides/,
    );
  });

  it('a hook of this user that the daemon does not have', async (t) => {
    const world = await World.create(t);
    world.env['NIX_CONFIG'] = 'post-build-hook = /bin/mine';
    only(await world.problems(), /^warning nix\.conf: for this user NIX_CONFIG sets the hook \/bin\/mine/);
  });

  it('another hook, and the plain one', async (t) => {
    const world = await World.create(t);
    const other = join(world.dir, 'etc/other');
    await writeFile(other, '#!/bin/sh\n', { mode: 0o755 });
    world.edit('nixConf', world.hook, other);
    only(await world.problems(), /^warning nix\.conf: .* sets another hook/);
    const plain = join(world.dir, 'etc/upload-to-cache');
    await writeFile(plain, '#!/bin/sh\n', { mode: 0o755 });
    world.edit('nixConf', other, plain);
    only(await world.problems(), /^error nix\.conf: .* sets the plain hook .*nothing is queued/);
    world.nixConf += `post-build-hook = ${world.hook}\n`;
    const both = await world.problems();
    assert.equal(both.length, 2);
    assert.match(
      both.join('\n'),
      /^warning configuration: the plain and the queued hook are both configured/m,
    );
  });

  it('one that is wrong: the check fails, the others run', async (t) => {
    const world = await World.create(t);
    world.nixConf += 'nonsense\n';
    const problems = await world.problems();
    assert.match(problems[0] as string, /^error nix\.conf: the check itself failed: line 4 of/);
    const found = await world.findings();
    assert.ok(found.some(({ check, level }) => check === 'target main' && level === 'ok'));
  });
});

describe('doctor: the hook', () => {
  it('not there, not executable, not absolute', async (t) => {
    const world = await World.create(t);
    await chmod(world.hook, 0o644);
    only(await world.problems(), /^error hook: .* \(mode 0644\) is not executable/);
    await rm(world.hook);
    only(await world.problems(), /^error hook: .* is not there/);
    world.edit('nixConf', world.hook, 'enqueue-upload');
    assert.ok((await world.problems()).some((text) => /^error hook: .* no absolute path/.test(text)));
  });

  it('others can change it, or a directory above', async (t) => {
    const world = await World.create(t);
    await chmod(world.hook, 0o757);
    only(await world.problems(), /^error hook: .*enqueue-upload \(mode 0757\) can be changed by others/);
    await chmod(world.hook, 0o755);
    await chmod(join(world.dir, 'etc'), 0o777);
    only(await world.problems(), /^error hook: .*etc \(mode 0777\) can be changed by others/);
    await chmod(join(world.dir, 'etc'), 0o755);
    const link = join(world.dir, 'etc/link-enqueue-upload');
    await mkdir(join(world.dir, 'open'));
    await chmod(join(world.dir, 'open'), 0o777);
    await writeFile(join(world.dir, 'open/x'), '#!/bin/sh\n', { mode: 0o755 });
    await symlink(join(world.dir, 'open/x'), link);
    world.edit('nixConf', world.hook, link);
    const problems = await world.problems();
    assert.ok(
      problems.some((text) => /^error hook: .*open \(mode 0777\)/.test(text)),
      problems.join('\n'),
    );
  });

  it('belongs to somebody else', { skip: !asRoot && 'needs root' }, async (t) => {
    const world = await World.create(t);
    await chown(world.hook, nobody.uid, nobody.gid);
    only(await world.problems(), /^error hook: .*enqueue-upload belongs to user 65534/);
  });

  it('its interpreter', async (t) => {
    const world = await World.create(t);
    await world.node('v22.14.1');
    only(await world.problems(), /^error hook: .*node is Node\.js v22\.14\.1; 22\.15 or newer is needed/);
    await world.node('v20.19.0');
    only(await world.problems(), /^error hook: .*v20\.19\.0/);
    await world.node('v24.0.0');
    assert.deepEqual(await world.problems(), []);
    await writeFile(world.hook, '#!/nowhere/node\n');
    only(await world.problems(), /^error hook: .* is to be run by \/nowhere\/node, which is not there/);
    await writeFile(world.hook, 'echo\n');
    only(await world.problems(), /^error hook: .* does not begin with '#!'/);
    await writeFile(world.hook, '#!/usr/bin/env node\n');
    only(await world.problems(), /^warning hook: .*depends on the daemon's PATH.*bin\/node\)/);
    await rm(join(world.dir, 'bin/node'));
    only(await world.problems(), /^error hook: .*the daemon's PATH has no node/);
    await writeFile(world.hook, '#!/bin/sh\n');
    assert.deepEqual(await world.problems(), []);
  });

  it('a Node.js that others can write is not run', async (t) => {
    const world = await World.create(t);
    const ran = join(world.dir, 'ran');
    await writeFile(join(world.dir, 'bin/node'), `#!/bin/sh\ntouch ${ran}\n`);
    await chmod(join(world.dir, 'bin/node'), 0o777);
    only(await world.problems(), /^error hook: .*bin\/node \(mode 0777\) can be changed by others/);
    await assert.rejects(rm(ran), { code: 'ENOENT' });
  });
});

describe('doctor: the daemon', () => {
  it('started before nix.conf was changed', async (t) => {
    const world = await World.create(t);
    await world.daemon(Date.now() - 3_600_000);
    assert.deepEqual(await world.problems(), [], 'nix.conf is of 1970');
    const included = join(world.dir, 'etc/more.conf');
    await writeFile(included, 'cores = 1\n');
    world.nixConf += `include ${included}\n`;
    only(
      await world.problems(),
      /^error daemon: the daemon \(process 77\) runs since .*more\.conf was changed at/,
    );
  });

  it('has OUT_PATHS of its own', async (t) => {
    const world = await World.create(t);
    await world.daemon(Date.now() + 60_000, 'OUT_PATHS=/nix/store/x');
    only(await world.problems(), /^error daemon: the daemon's own environment has OUT_PATHS/);
  });

  it("what its environment says of nix.conf is what counts, not this user's", async (t) => {
    const world = await World.create(t);
    await world.daemon(Date.now() + 60_000, `NIX_CONFIG=post-build-hook = /nowhere/enqueue-upload`);
    const problems = await world.problems();
    assert.ok(problems.some((text) => text.startsWith('error hook: /nowhere/enqueue-upload is not there')));
  });

  it('its environment is hidden', async (t) => {
    const world = await World.create(t);
    await rm(join(world.dir, 'proc/77/environ'));
    only(await world.problems(), /^warning daemon: the daemon's environment is visible to me only/);
  });

  it('of another store is none of ours', async (t) => {
    const world = await World.create(t);
    await world.daemon(Date.now() - 3_600_000, 'NIX_STATE_DIR=/elsewhere', 'OUT_PATHS=x');
    assert.deepEqual(await world.problems(), []);
  });

  it('none runs, or only one of a client', async (t) => {
    const world = await World.create(t);
    await writeFile(join(world.dir, 'proc/77/cmdline'), 'nix-daemon\0--stdio\0');
    const found = await world.findings();
    assert.ok(found.some(({ what }) => what.startsWith('no Nix daemon is running')));
  });
});

describe('doctor: hook and service', () => {
  it('have different queues, and a mistake in the file of the hook', async (t) => {
    const world = await World.create(t);
    const file = join(world.dir, 'etc/enqueue-upload.conf');
    await appendFile(file, 'strikt = true\n');
    only(await world.problems(), /^error configuration: .*enqueue-upload\.conf, line 3/);
    await writeFile(file, `queue-dir = ${world.queue}\ngc-roots-dir = /elsewhere\n`);
    only(await world.problems(), /^error configuration: the hook has gc-roots-dir \/elsewhere/);
  });
});

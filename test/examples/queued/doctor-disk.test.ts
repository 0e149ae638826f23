import assert from 'node:assert/strict';
import { chmod, chown, copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Spool, writeKeyFiles } from 'narkit/node';
import { generateSecretKey } from 'narkit/signature';
import { asRoot, nobody, only, World } from './doctor-world.ts';

describe('doctor: keys', () => {
  it('one that others can read', async (t) => {
    const world = await World.create(t);
    await chmod(world.key, 0o604);
    only(await world.problems(), /^error keys: secret key file .* has mode 0604: everybody can read it/);
  });

  it('not there, and no key; its text is never shown', async (t) => {
    const world = await World.create(t);
    const secret = await readFile(world.key, 'utf8');
    await writeFile(world.key, secret.slice(0, -4));
    const problems = await world.problems();
    only(problems, /^error keys: key file .*key\.private/);
    assert.ok(!problems.join().includes(secret.slice(10, 30)));
    await rm(world.key);
    only(await world.problems(), /^error keys: cannot read key file/);
  });

  it('of the service manager, before it runs', async (t) => {
    const world = await World.create(t);
    world.edit('conf', world.key, '/run/credentials/nix-upload-queue.service/none');
    const found = await world.findings();
    const [first] = found.filter(({ level }) => level === 'error');
    assert.match(first?.fix ?? '', /^systemctl start nix-upload-queue/);
  });

  it('two with one name', async (t) => {
    const world = await World.create(t);
    const other = join(world.dir, 'other.private');
    await writeKeyFiles(generateSecretKey('doctor-1'), other, `${other}.public`);
    world.edit('conf', world.key, `${world.key} ${other}`);
    const problems = await world.problems();
    assert.match(problems.join('\n'), /^error keys: .*are two keys with the name doctor-1/m);
    assert.match(problems.join('\n'), /^error trust: trusted-public-keys .* has another key named doctor-1/m);
    await copyFile(world.key, other);
    await chmod(other, 0o600);
    assert.deepEqual(await world.problems(), [], 'the same key twice is no harm');
  });

  it('none', async (t) => {
    const world = await World.create(t);
    world.edit('conf', /secret-key-files.*\n/, '');
    only(await world.problems(), /^warning keys: target main has no secret-key-files: .* is refused/);
  });

  it('the service cannot read it', { skip: !asRoot && 'needs root' }, async (t) => {
    const world = await World.create(t);
    const found = await world.problems({ service: nobody });
    assert.ok(found.includes(`error keys: nobody cannot read the secret key ${world.key}`), found.join('\n'));
  });
});

describe('doctor: trust', () => {
  it('key and cache are lines for consumers', async (t) => {
    const world = await World.create(t);
    world.edit('nixConf', /extra-.*\n/g, '');
    world.nixConf = world.nixConf.split('\n', 1).join('');
    const found = (await world.findings()).filter(({ level }) => level !== 'ok');
    assert.deepEqual(
      found.map(({ level, check }) => [level, check]),
      [
        ['warning', 'trust'],
        ['warning', 'trust'],
      ],
    );
    assert.ok(found[0]?.fix?.endsWith(`extra-trusted-public-keys = ${world.publicKey}`));
  });
});

describe('doctor: the queue', () => {
  it('not there, no queue, of another version', async (t) => {
    const world = await World.create(t);
    const directory = join(world.queue, 'main');
    await writeFile(join(directory, 'version'), 'narkit-spool 9\n');
    only(await world.problems(), /^error spool main: .*version is .*narkit-spool 9/);
    await rm(join(directory, 'version'));
    only(await world.problems(), /^error spool main: .*main is no queue/);
    await rm(directory, { recursive: true });
    only(await world.problems(), /^error spool main: there is no queue .*spool\/main/);
  });

  it('dead, corrupt and old entries', async (t) => {
    const world = await World.create(t);
    const directory = join(world.queue, 'main');
    {
      await using spool = await Spool.open(directory);
      await spool.enqueue({ key: '/nix/store/a' });
      for (const claim of await spool.claim()) await claim.dead('poison');
      await spool.enqueue({ key: '/nix/store/b' });
    }
    await writeFile(join(directory, 'corrupt/x'), 'garbage');
    await writeFile(join(directory, 'corrupt/x.reason'), 'it is garbage\n');
    const late = { now: () => Date.now() + 25 * 3_600_000 };
    const problems = (await world.problems(late)).filter((text) => !text.includes('clock'));
    assert.equal(problems.length, 3, problems.join('\n'));
    assert.match(problems[0] as string, /^warning spool main: 1 entries .* were given up/);
    assert.match(problems[1] as string, /^warning spool main: 1 files .* are no entries/);
    assert.match(problems[2] as string, /^error spool main: the oldest entry .* waits for 25 h/);
    assert.equal((await world.problems()).length, 2, 'an hour ago it was not old');
  });

  it('of root, shared with the service by its group: all is well', {
    skip: !asRoot && 'needs root',
  }, async (t) => {
    const world = await World.create(t);
    await rm(join(world.queue, 'main'), { recursive: true });
    const { gid } = nobody;
    for (const path of [world.queue, world.roots, join(world.roots, 'main')]) {
      await chown(path, 0, gid);
      await chmod(path, 0o2770);
    }
    await (await Spool.open(join(world.queue, 'main'), { group: gid })).close();
    await chown(world.key, nobody.uid, gid);
    assert.deepEqual(await world.problems({ service: nobody }), []);
    await chmod(join(world.queue, 'main/new'), 0o750);
    only(
      await world.problems({ service: nobody }),
      /^error spool main: the service, as nobody, may not use .*main\/new/,
    );
  });

  it('does not hand its group on, or shuts the service out', { skip: !asRoot && 'needs root' }, async (t) => {
    const world = await World.create(t);
    const options = { service: nobody };
    const about = async (): Promise<string[]> =>
      (await world.problems(options)).filter((text) => text.includes(' spool '));
    const directory = join(world.queue, 'main');
    only(await about(), /^error spool main: the service, as nobody, may not use .*main \(mode 2770\)/);
    await chmod(directory, 0o700);
    assert.match((await about()).join('\n'), /main \(mode 0700\) does not hand its group on/);
  });
});

describe('doctor: the roots', () => {
  it('not there', async (t) => {
    const world = await World.create(t);
    await rm(join(world.roots, 'main'), { recursive: true });
    only(await world.problems(), /^error gc roots main: there is no directory/);
  });

  it('sticky, or open to everybody', async (t) => {
    const world = await World.create(t);
    const directory = join(world.roots, 'main');
    await chmod(directory, 0o2773);
    only(await world.problems(), /^error gc roots main: everybody can write into/);
    await chmod(directory, 0o3777);
    const problems = await world.problems({ hook: { ...nobody, uid: 4242 } });
    assert.ok(problems.some((text) => /^error gc roots main: .* is sticky \(mode 3777\)/.test(text)));
  });

  it('where the garbage collector does not look', async (t) => {
    const world = await World.create(t);
    const elsewhere = join(world.dir, 'elsewhere');
    await mkdir(join(elsewhere, 'main'), { recursive: true });
    await rm(world.roots, { recursive: true });
    await symlink(elsewhere, world.roots);
    only(await world.problems(), /^error gc roots main: .* leads out of .*gcroots by a link/);
    world.edit('conf', world.roots, elsewhere);
    await writeFile(
      join(world.dir, 'etc/enqueue-upload.conf'),
      `queue-dir = ${world.queue}\ngc-roots-dir = ${elsewhere}\n`,
    );
    only(await world.problems(), /^error gc roots main: .*elsewhere\/main is not below .*gcroots/);
  });

  it('shut the service out', { skip: !asRoot && 'needs root' }, async (t) => {
    const world = await World.create(t);
    const problems = await world.problems({ service: nobody });
    assert.ok(
      problems.some((text) => /^error gc roots main: the service, as nobody, may not use/.test(text)),
    );
  });
});

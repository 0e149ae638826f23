import assert from 'node:assert/strict';
import { chmod, lstat, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { getegid, geteuid } from 'node:process';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathOf } from '../../support/infos.ts';
import { CliWorld, outcomeOf } from './cli-world.ts';

const [a, b, c] = [pathOf('a?b=c'), pathOf('b'), pathOf('c')].map((path) => `/nix/store/${path}`) as [
  string,
  string,
  string,
];

/** Moves cursors, ends lines where nothing should, and is no store path. */
const HOSTILE = '/nix/store/\u202e../$(reboot) \u2028"\'<0>';

describe('upload-queue', { concurrency: 2 }, () => {
  it('says what is wrong with arguments and settings with status 3, and what there is with 0', async (t) => {
    const world = await CliWorld.create(t);
    const help = await world.run('--help');
    assert.equal(help.code, 0);
    for (const name of ['serve', 'status', 'wait', 'drain', 'retry', 'dead', 'add', 'init', 'doctor'])
      assert.match(help.stdout, new RegExp(`^ {2}${name} `, 'm'));
    const wrong = await world.run('wait', '--timeout', 'soon');
    assert.equal(wrong.code, 3);
    assert.match(wrong.stderr, /such as 90s/);
    const near = await world.run('status', '--target', 'mian');
    assert.equal(near.code, 3);
    assert.match(near.stderr, /^upload-queue: .* has no target 'mian' \(did you mean 'main'\?\)[^\n]*\n$/);
    await writeFile(world.conf, 'cahce = https://me:hunter2@x\n');
    const bad = await world.run('status');
    assert.equal(bad.code, 3);
    assert.match(bad.stderr, /line 1/);
    assert.doesNotMatch(bad.stderr, /hunter2|^ {4}at /m);
  });

  it('without a queue says who makes it, and makes none itself', async (t) => {
    const world = await CliWorld.create(t, { init: true });
    for (const command of ['drain', 'retry', 'dead']) {
      const { code, stderr } = await world.run(command);
      assert.equal(code, 3);
      assert.match(stderr, /^upload-queue: there is no queue for target 'main' at .*upload-queue init.*\n$/);
    }
    await assert.rejects(lstat(world.queue()), { code: 'ENOENT' });
  });

  it('does not touch a queue of another version', async (t) => {
    const world = await CliWorld.create(t);
    await writeFile(join(world.queue(), 'version'), 'narkit-spool 2\n');
    const { code, stderr } = await world.run('retry');
    assert.equal(code, 3);
    assert.match(stderr, /narkit-spool 2.*knows only/);
    const status = await world.run('status', '--json');
    assert.equal(status.code, 3);
    assert.match(JSON.parse(status.stdout).targets[0].error, /narkit-spool 2/);
  });
});

describe('upload-queue init', { concurrency: 2 }, () => {
  it('makes queues and roots for the group, and again changes nothing', async (t) => {
    const world = await CliWorld.create(t, { targets: ['main', 'other'], init: true });
    const first = await world.run('init', '--group', String(getegid?.()));
    assert.equal(first.code, 0, first.stderr);
    for (const top of ['queue', 'roots'])
      assert.equal((await lstat(join(world.dir, top))).mode & 0o7777, 0o2750);
    for (const target of ['main', 'other']) {
      for (const dir of [world.queue(target), join(world.queue(target), 'new'), world.roots(target)])
        assert.equal((await lstat(dir)).mode & 0o7777, 0o2770, dir);
    }
    await world.enqueue({ key: a });
    const again = await world.run('init', '--group', String(getegid?.()));
    assert.deepEqual([again.code, again.stderr], [0, '']);
    assert.match(again.stdout, /^was there: .*\/queue\/main$/m);
    assert.equal((await world.with((spool) => spool.stats())).queued, 1);
  });

  it('is not led elsewhere by what the service has put there', {
    skip: geteuid?.() !== 0 && 'for root only',
  }, async (t) => {
    const world = await CliWorld.create(t, { targets: ['main', 'other', 'empty'], init: true });
    const victim = join(world.dir, 'victim');
    await mkdir(victim, { mode: 0o700 });
    await mkdir(join(world.queue(), 'claims'), { recursive: true });
    await symlink(victim, join(world.queue(), 'queue'));
    await symlink(victim, world.queue('other'));
    await mkdir(world.queue('empty'));
    await mkdir(join(world.dir, 'roots'));
    await symlink(victim, world.roots('other'));
    for (const top of ['queue', 'roots']) await chmod(join(world.dir, top), 0o2770);
    const { code, stderr } = await world.run('init', '--group', '4321');
    assert.equal(code, 1);
    assert.match(stderr, /queue\/other is not a directory/);
    assert.match(stderr, /roots\/other is not a directory/);
    const { mode, gid } = await lstat(victim);
    assert.deepEqual([mode & 0o7777, gid === 4321, await readdir(victim)], [0o700, false, []]);
    for (const top of ['queue', 'roots'])
      assert.equal((await lstat(join(world.dir, top))).mode & 0o7777, 0o2750);
    assert.equal((await lstat(world.queue('empty'))).gid, 4321);
    assert.equal((await world.with((spool) => spool.stats(), 'empty')).queued, 0);
    assert.deepEqual(await readdir(join(world.dir, 'queue')), ['empty', 'main', 'other']);
  });

  it('says how a directory of other rights is mended, and how a group is made', async (t) => {
    const world = await CliWorld.create(t);
    const private700 = await world.run('init', '--group', String(getegid?.()));
    assert.equal(private700.code, 1);
    assert.match(private700.stderr, /queue\/main has mode 700 .*chmod -R g\+rwX/);
    assert.equal((await lstat(world.queue())).mode & 0o7777, 0o700);
    const absent = await world.run('init', '--group', 'no-such-group-here');
    assert.equal(absent.code, 3);
    assert.match(absent.stderr, /groupadd --system no-such-group-here/);
    assert.equal((await world.run('init', '--group', '-x; reboot')).code, 3);
  });
});

describe('upload-queue status', { concurrency: 2 }, () => {
  it('counts by state, and shows one queue where another cannot be read', async (t) => {
    const world = await CliWorld.create(t, { targets: ['main'] });
    await world.settle({ key: a }, (claim) => claim.dead('no'));
    await world.settle({ key: b }, (claim) => claim.retry({ at: new Date(Date.now() + 3_600_000) }));
    await world.enqueue({ key: c });
    await writeFile(join(world.queue(), 'new', 'from-sh'), `key ${HOSTILE}\nend\n`);
    const sections = ['main', 'gone'].map((name) => `[${name}]\ncache = https://me:hunter2@x/${name}\n`);
    await world.configure(sections.join(''));
    const json = await world.run('status', '--json');
    assert.equal(json.code, 3);
    const [main, gone] = JSON.parse(json.stdout).targets;
    const { oldest, ...rest } = main;
    assert.ok(Date.now() - Date.parse(oldest) < 60_000);
    const states = { queued: 2, delayed: 1, claimed: 0, dead: 1, corrupt: 0 };
    assert.deepEqual(rest, { name: 'main', ...states, up: null, downReason: null, error: null });
    assert.match(gone.error, /upload-queue init/);
    assert.equal(gone.queued, undefined);
    const text = await world.run('status');
    assert.match(text.stdout, /^main +2 +1 +0 +1 +0 +\d+ m?s +-$/m);
    assert.match(text.stdout, /^gone +\? .*$/m);
    assert.match(text.stdout, /^main: 1 path given up; 'upload-queue dead' says why$/m);
    assert.doesNotMatch(json.stdout + text.stdout + text.stderr, /hunter2/);
  });

  it('asks the service, and believes nothing that merely listens there', async (t) => {
    const world = await CliWorld.create(t);
    let body = JSON.stringify({ targets: [{ name: 'main', up: false, error: 'no route\n\u001b[2J' }] });
    const server = createServer((_, response) => response.end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    await world.configure(`listen = 127.0.0.1:${port}\n[main]\ncache = file:///c\n`);
    const down = await world.run('status');
    assert.equal(down.code, 0);
    assert.match(down.stdout, /^main .* down$/m);
    assert.match(down.stdout, /^main: does not answer: no route\\n\\u\{1b\}\[2J$/m);
    body = '<html>';
    const strange = JSON.parse((await world.run('status', '--json')).stdout);
    assert.equal(strange.service.state, 'unreachable');
    assert.equal(strange.targets[0].up, null);
  });
});

describe('upload-queue dead and retry', { concurrency: 2 }, () => {
  it('list with the reasons, queue again, and discard with the roots', async (t) => {
    const world = await CliWorld.create(t, { targets: ['main', 'other'] });
    for (const key of [a, b, HOSTILE]) {
      await world.settle({ key, tags: ['ci'] }, (claim) => claim.dead('bad\n<0>forged'));
      await symlink(key, join(world.roots(), key.slice(key.lastIndexOf('/') + 1)));
    }
    await world.settle({ key: a }, (claim) => claim.dead('here too'), 'other');
    const json = await world.run('dead', '--json');
    assert.equal(json.code, 0);
    const items = JSON.parse(json.stdout) as Record<string, unknown>[];
    assert.deepEqual(
      new Set(items.map(({ target, key }) => `${target} ${key}`)),
      new Set([`main ${a}`, `main ${b}`, `main ${HOSTILE}`, `other ${a}`]),
    );
    const { at, file, ...one } = items.find(({ target, key }) => target === 'main' && key === a) ?? {};
    assert.deepEqual(one, {
      target: 'main',
      state: 'dead',
      key: a,
      attempts: 1,
      reason: 'bad <0>forged',
      tags: ['ci'],
    });
    assert.ok(Date.parse(String(at)) > 0 && typeof file === 'string');
    const text = await world.run('dead');
    assert.equal(text.stdout.split('\n').length, 5);
    assert.match(text.stdout, /\\u\{202e\}/);
    assert.doesNotMatch(text.stdout, /\p{Cf}|\u2028/u);

    const retried = await world.run('retry', '--target', 'main', a, '/nix/store/none');
    assert.equal(retried.code, 1);
    assert.equal(retried.stdout, `queued again for main: ${a}\n`);
    assert.match(retried.stderr, /not among what was given up: \/nix\/store\/none/);
    const discarded = await world.run('dead', '--discard', b);
    assert.equal(discarded.code, 0);
    assert.deepEqual(
      await world.with((spool) => spool.stats().then(({ queued, dead }) => [queued, dead])),
      [1, 1],
    );
    const left = await readdir(world.roots());
    assert.ok(!left.includes(b.slice(11)) && left.includes(a.slice(11)));
    assert.equal((await world.run('dead', '--discard')).code, 0);
    assert.equal((await world.with((spool) => spool.stats())).dead, 0);
    assert.equal((await world.with((spool) => spool.stats(), 'other')).dead, 0);
    assert.equal((await world.with((spool) => spool.stats())).queued, 1);
  });

  it('a key with dots does not reach out of the roots', async (t) => {
    const world = await CliWorld.create(t);
    await writeFile(join(world.dir, 'roots', 'precious'), '');
    for (const key of ['/nix/store/..', '/nix/store/.', '/']) {
      await world.settle({ key }, (claim) => claim.dead('x'));
    }
    assert.equal((await world.run('dead', '--discard')).code, 0);
    assert.deepEqual(await readdir(join(world.dir, 'roots')), ['main', 'precious']);
    assert.equal((await world.with((spool) => spool.stats())).dead, 0);
  });

  it('shows what is no entry too, and retries all', async (t) => {
    const world = await CliWorld.create(t);
    await writeFile(join(world.queue(), 'new', 'junk'), 'nonsense\nend\n');
    await world.settle({ key: a }, (claim) => claim.dead('x'));
    const { stdout } = await world.run('dead');
    assert.match(stdout, /^main: no entry: corrupt\/\S*junk\S*: line 1/m);
    const again = await world.run('retry');
    assert.deepEqual([again.code, again.stdout], [0, 'main: queued 1 path again\n']);
  });
});

describe('upload-queue wait', { concurrency: 2 }, () => {
  it('ends when the last entry with the tag is done, whatever else waits', async (t) => {
    const world = await CliWorld.create(t);
    await world.enqueue({ key: a, tags: ['job 1'] }, { key: b, tags: ['job 2'] });
    const waiting = outcomeOf(world.start(['wait', '--tag', 'job 1', '--timeout', '60s']));
    let ended = false;
    void waiting.finally(() => {
      ended = true;
    });
    await world.with(async (spool) => {
      const claims = await spool.claim(2);
      await sleep(2500);
      assert.equal(ended, false, 'it waits for what is claimed');
      for (const claim of claims) await (claim.tags.includes('job 1') ? claim.ack() : claim.release());
    });
    assert.deepEqual(await waiting, { code: 0, stdout: '', stderr: '' });
  });

  it('is 2 when the time is over, for what is delayed or was only dropped in too', async (t) => {
    const world = await CliWorld.create(t);
    const at = new Date(Date.now() + 3_600_000);
    await world.settle({ key: a, tags: ['ci'] }, (claim) => claim.retry({ at }));
    const delayed = await world.run('wait', '--tag', 'ci', '--timeout', '0');
    assert.deepEqual([delayed.code, delayed.stdout], [2, '']);
    assert.match(delayed.stderr, /still waiting: 1 entry \(in all: 1 delayed\)/);
    assert.equal((await world.run('wait', '--tag', 'unheard-of', '--timeout', '20s')).code, 0);
    await writeFile(join(world.queue(), 'new', 'sh'), `key ${b}\ntag of-sh\nend\n`);
    const dropped = await world.run('wait', '--tag', 'of-sh', '--timeout', '0.2s');
    assert.equal(dropped.code, 2);
    assert.match(dropped.stderr, /1 not yet taken in/);
  });

  it('is 1 at once when a path was given up, naming it', async (t) => {
    const world = await CliWorld.create(t, { targets: ['main', 'other'] });
    await world.settle({ key: a, tags: ['ci'] }, (claim) => claim.dead('bad\u202e hash'));
    await world.enqueue({ key: b, tags: ['ci'] });
    const { code, stderr } = await world.run('wait', '--tag', 'ci');
    assert.equal(code, 1);
    assert.equal(stderr, `upload-queue: main: given up: ${a}: bad\\u{202e} hash\n`);
    assert.equal((await world.run('wait', '--tag', 'ci', '--target', 'other')).code, 0);
  });
});

describe('upload-queue doctor', { concurrency: 2 }, () => {
  it('is 1 with an error, and says how to mend it', async (t) => {
    const world = await CliWorld.create(t, { init: true });
    const { code, stdout } = await world.run('doctor');
    assert.equal(code, 1);
    assert.match(stdout, /^error +spool main: there is no queue [^\n]*\n +-> upload-queue init/m);
    assert.match(stdout, /\n\d+ errors?, \d+ warnings?, \d+ ok\n$/);
  });

  it('looks at the rest when the settings cannot be read', async (t) => {
    const world = await CliWorld.create(t);
    await writeFile(world.conf, 'cahce = x\n');
    const { code, stdout } = await world.run('doctor', '--json');
    assert.equal(code, 1);
    const [first, ...rest] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    assert.deepEqual([first?.['level'], first?.['check']], ['error', 'configuration']);
    assert.match(first?.['what'] ?? '', /line 1/);
    assert.ok(rest.length > 0);
  });
});

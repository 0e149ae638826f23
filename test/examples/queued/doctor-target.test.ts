import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type Finding, runDoctor } from '../../../examples/post-build-hook/queued/doctor/doctor.ts';
import { secretless } from '../../../examples/post-build-hook/queued/doctor/secretless.ts';
import { NixWorld, nixInstallations } from '../../support/nix.ts';
import { type Fault, type ObjectServer, objectServer } from '../../support/object-server.ts';
import { need } from '../../support/require.ts';
import { only, World } from './doctor-world.ts';

/** A server that takes PUT, and a world whose only target it is. */
async function served(
  t: TestContext,
  fault: Fault = () => undefined,
): Promise<World & Pick<ObjectServer, 'objects'>> {
  const { url: plain, objects } = await objectServer(t, fault);
  objects.set('/nix-cache-info', Buffer.from('StoreDir: /nix/store\n'));
  const world = await World.create(t);
  const url = plain.replace('//', '//me:secret@');
  world.edit('conf', `file://${world.cache}`, url);
  world.edit('nixConf', `file://${world.cache}`, plain);
  return Object.assign(world, { objects });
}

/** A fault of the test object. */
const test =
  (method: string, status: number): Fault =>
  (request, response) => {
    if (request.method !== method || !request.url?.startsWith('/narkit-doctor/')) return undefined;
    response.writeHead(status).end('no');
    return true;
  };

describe('doctor: a target', () => {
  it('that is well: nothing is left, and no secret is told', async (t) => {
    const world = await served(t);
    const found = await world.findings();
    assert.deepEqual(
      found.filter(({ level }) => level !== 'ok'),
      [],
    );
    assert.ok(found.some(({ what }) => what.endsWith('written, read back and deleted')));
    assert.ok(found.some(({ what }) => what === 'the clocks here and there agree'));
    assert.deepEqual([...world.objects.keys()], ['/nix-cache-info']);
    assert.ok(!JSON.stringify(found).includes('secret@'));
  });

  it('in a directory', async (t) => {
    const world = await World.create(t);
    await world.findings();
    const left = await readdir(world.cache, { recursive: true, withFileTypes: true });
    assert.deepEqual(
      left.filter((entry) => entry.isFile()).map(({ name }) => name),
      ['nix-cache-info'],
    );
    await writeFile(join(world.cache, 'nix-cache-info'), 'StoreDir: /gnu/store\n');
    only(await world.problems(), /^error target main: .* is a cache for the store \/gnu\/store/);
  });

  it('refuses PUT', async (t) => {
    const world = await served(t, test('PUT', 403));
    only(await world.problems(), /^error target main: .* cannot be written \(put\): AccessDenied/);
  });

  it('refuses GET', async (t) => {
    const world = await served(t, test('GET', 403));
    only(
      await world.problems(),
      /^error target main: .* was written and cannot be read again: absent, or .*denied \(get\)/,
    );
    assert.equal(world.objects.size, 1, 'the test object is gone all the same');
  });

  it('refuses DELETE: a blemish', async (t) => {
    const world = await served(t, test('DELETE', 403));
    only(await world.problems(), /^warning target main: .* cannot be deleted/);
  });

  it('gives back something else', async (t) => {
    const world = await served(t, test('GET', 200));
    only(await world.problems(), /^error target main: .* comes back with other content/);
  });

  it('took a PUT that it said it had not: it is removed', async (t) => {
    const seen: string[] = [];
    const world = await served(t, (request, response) => {
      seen.push(request.method ?? '');
      return test('PUT', 500)(request, response);
    });
    only(await world.problems(), /^error target main: .* cannot be written \(put\)/);
    assert.deepEqual(seen, ['GET', 'PUT', 'DELETE'], 'one try is enough');
  });

  it('is for another store', async (t) => {
    const world = await served(t);
    world.objects.set('/nix-cache-info', Buffer.from('StoreDir: /gnu/store\n'));
    only(
      await world.problems(),
      /^error target main: .* is a cache for the store \/gnu\/store, and this one is \/nix\/store/,
    );
  });

  it('hangs: the doctor goes on', async (t) => {
    const world = await served(t, (request) => request.method === 'PUT' || undefined);
    const started = performance.now();
    only(
      await world.problems({ timeoutMs: 1500 }),
      /^error target main: .* cannot be written \(put\): no answer in time/,
    );
    assert.ok(performance.now() - started < 12_000);
  });

  it('is not there', async (t) => {
    const world = await served(t);
    world.edit('conf', /127\.0\.0\.1:\d+/, '127.0.0.1:9');
    const problems = (await world.problems()).filter((text) => text.includes('target main'));
    assert.equal(problems.length, 2, 'neither read nor write');
    assert.ok(problems.every((text) => text.startsWith('error target main: http://127.0.0.1:9')));
  });

  it('has another time: an hour is a warning, for S3 an error; four minutes are nothing', async (t) => {
    const late = (ms: number): { now: () => number } => ({ now: () => Date.now() + ms });
    const world = await served(t);
    only(
      await world.problems(late(3_600_000)),
      /^warning target main: the clock here is 60 minutes ahead of/,
    );
    only(await world.problems(late(-3_600_000)), /^warning target main: the clock here is 60 minutes behind/);
    assert.deepEqual(await world.problems(late(240_000)), []);
    const [, port] = /:(\d+)\n/.exec(world.conf) ?? [];
    world.edit('conf', /http:\S+/, `s3://bucket?endpoint=http://127.0.0.1:${port}&region=x`);
    const problems = await world.problems({ ...late(3_600_000), timeoutMs: 8000 });
    assert.ok(problems.some((text) => /^error target main: .*60 minutes ahead of.*S3 refuses/.test(text)));
  });
});

describe('doctor: the configuration', () => {
  it('one cache twice, whatever its parameters', async (t) => {
    const world = await World.create(t);
    world.conf += `[again]\ncache = file://${world.cache}/?compression=none\nsecret-key-files = ${world.key}\n`;
    const problems = (await world.problems()).filter((text) => text.includes('configuration'));
    only(problems, /^error configuration: targets main and again are the same cache$/);
  });

  it('a compression that is none, or whose program is missing', async (t) => {
    const world = await World.create(t);
    world.conf += 'compression = zstandard\n';
    const problems = await world.problems();
    assert.match(problems.join('\n'), /^error configuration: .*zstandard/m);
  });

  it('cannot be read: what needs none is checked', async (t) => {
    const world = await World.create(t);
    world.conf += 'cahce = https://me:hunter2@x\n';
    const found = await world.findings();
    assert.equal(found[0]?.level, 'error');
    assert.match(found[0]?.what ?? '', /line \d+/);
    assert.ok(!JSON.stringify(found).includes('hunter2'));
    assert.ok(found.some(({ check, level }) => check === 'hook' && level === 'ok'));
  });

  it('a check that hangs for good is given up', async (t) => {
    const world = await World.create(t);
    await mkdir(join(world.dir, 'slow'));
    await writeFile(join(world.dir, 'bin/node'), '#!/bin/sh\nexec sleep 30\n');
    only(await world.problems({ timeoutMs: 300 }), /^error hook: no answer within 0\.3 s/);
  });
});

describe('doctor: the local Nix', () => {
  const local = async (world: World): Promise<Finding | undefined> =>
    (await world.all()).find(({ check }) => check === 'local Nix');

  it('none answers, and why', async (t) => {
    const found = await local(await World.create(t));
    assert.equal(found?.level, 'error');
    assert.match(found.what, /no way to a local Nix store: daemon: .*; database: .*; command: /);
  });

  for (const nix of nixInstallations()) {
    it(`Nix ${nix.version} without a daemon: a warning that says what is used`, async (t) => {
      const world = await World.create(t);
      const store = await NixWorld.create(nix, join(world.dir, 'nix-world'));
      await store.run('nix-store', ['--init']);
      Object.assign(world.env, { NIX_STORE_DIR: store.storeDir, NIX_STATE_DIR: join(store.dir, 'var') });
      const found = await local(world);
      assert.equal(found?.level, 'warning');
      assert.match(found.what, /^by its (database|command)/);
    });
  }

  it('is Nix itself there to try', (t) => {
    need(t, 'nix', nixInstallations().length > 0, 'Nix');
  });
});

describe('runDoctor', () => {
  it('lets no secret out, whoever put it into a message', () => {
    const secret = `x-1:${'A'.repeat(86)}==`;
    const shown = secretless({
      level: 'error',
      check: 'c',
      what: `https://me:pw@host/x and ${secret}`,
      fix: 's3://me:pw@host',
    });
    assert.equal(shown.what, 'https://...@host/x and x-1:...');
    assert.equal(shown.fix, 's3://...@host');
    const key = `doctor-1:${'A'.repeat(43)}=`;
    assert.equal(secretless({ level: 'ok', check: 'c', what: key }).what, key, 'public keys may be seen');
  });

  it('ends when it is told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const findings = runDoctor(new Error('none'), { signal });
    assert.equal((await findings.next()).value?.check, 'configuration');
    await assert.rejects(findings.next(), /enough/);
  });
});

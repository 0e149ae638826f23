/**
 * The service as a process, with a real Nix store.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { NixWorld, nixInstallations } from '../../support/nix.ts';
import { need } from '../../support/require.ts';
import { tempDir } from '../../support/temp.ts';
import { CliWorld, outcomeOf } from './cli-world.ts';
import { parseMetrics } from './prometheus.ts';

const [nix] = nixInstallations();

interface Worlds {
  readonly cli: CliWorld;
  readonly nix: NixWorld;
  /** Adds a file to the store. */
  path(name: string): Promise<string>;
  /** Listens at the port, if one is given before. */
  configure(...sections: readonly string[]): Promise<void>;
  port: number;
}

async function worlds(t: TestContext): Promise<Worlds | undefined> {
  if (nix === undefined || !need(t, 'nix', true, 'Nix')) {
    need(t, 'nix', false, 'Nix');
    return undefined;
  }
  const cli = await CliWorld.create(t);
  const real = await NixWorld.create(nix, await tempDir(t));
  const world: Worlds = {
    cli,
    nix: real,
    port: 0,
    path: async (name) => {
      await writeFile(join(real.dir, name), name);
      return (await real.run('nix-store', ['--add', join(real.dir, name)])).trim();
    },
    configure: async (...sections) => {
      const common = `store-dir = ${real.storeDir}\nnix-bin-dir = ${real.nix.binDir}\nlisten = 127.0.0.1:${world.port}\nallow-unsigned = true\nlog-format = json\n`;
      await cli.configure(common + sections.join(''));
    },
  };
  return world;
}

/** A running service: where it listens, and what it has said. */
class Running {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
  }

  async url(): Promise<string> {
    return await this.says('stderr', /^upload-queue: listening on (http:\S+)$/m);
  }

  /** Waits for what it says. @returns the first group. */
  async says(where: 'stdout' | 'stderr', pattern: RegExp): Promise<string> {
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(30)) {
      const found = pattern.exec(this[where]);
      if (found !== null) return found[1] ?? '';
      if (this.child.exitCode !== null) break;
    }
    assert.fail(`${pattern} was not said:\n${this.stdout}\n${this.stderr}`);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const exit = once(this.child, 'close') as Promise<[number | null]>;
    this.child.kill(signal);
    const [code] = await exit;
    return code;
  }
}

const fileTarget = (name: string, dir: string): string => `[${name}]\ncache = file://${dir}/cache-${name}\n`;

describe('upload-queue serve', () => {
  it('publishes, counts, takes up new settings, and ends', async (t) => {
    const world = await worlds(t);
    if (world === undefined) return;
    const { cli, nix: real } = world;
    await world.configure(fileTarget('main', cli.dir));
    const [first, second, third] = [
      await world.path('first'),
      await world.path('second?a=b'),
      await world.path('third'),
    ];
    const link = join(cli.dir, 'result');
    await symlink(first, link);
    const added = await cli.runWith(real.env, 'add', '--tag', 'job', '--tag', 'x', link, `${second}`);
    assert.equal(added.code, 0, added.stderr);
    assert.deepEqual(await readdir(cli.roots()), [first, second].map((path) => basename(path)).sort());

    const service = new Running(cli.start(['serve'], real.env));
    const url = await service.url();
    assert.deepEqual(await cli.run('wait', '--tag', 'job', '--timeout', '60s'), {
      code: 0,
      stdout: '',
      stderr: '',
    });
    const narinfos = async (name: string): Promise<string[]> =>
      (await readdir(join(cli.dir, `cache-${name}`))).filter((file) => file.endsWith('.narinfo')).sort();
    const hashes = (...paths: string[]): string[] =>
      paths.map((path) => `${basename(path).slice(0, 32)}.narinfo`).sort();
    assert.deepEqual(await narinfos('main'), hashes(first, second));
    assert.deepEqual(await readdir(cli.roots()), []);

    await sleep(1100);
    const numbers = parseMetrics(await (await fetch(`${url}/metrics`)).text());
    assert.equal(numbers.get('nix_upload_done_total{target="main"}'), 2);
    assert.equal(numbers.get('nix_upload_paths_total{target="main",outcome="uploaded"}'), 2);
    assert.ok((numbers.get('nix_upload_nar_bytes_total{target="main"}') ?? 0) > 0);
    assert.equal(numbers.get('nix_upload_entries{target="main",state="queued"}'), 0);
    assert.ok((numbers.get('nix_upload_batch_duration_seconds_count{target="main"}') ?? 0) >= 1);
    const health = await fetch(`${url}/healthz`);
    assert.deepEqual([health.status, await health.json()], [200, { status: 'ok', reasons: [] }]);

    world.port = Number(new URL(url).port);
    await world.configure(fileTarget('main', cli.dir));
    const status = await cli.run('status');
    assert.match(status.stdout, /^main +0 +0 +0 +0 +0 +- +up$/m);
    assert.match(status.stdout, /^service: running/m);

    await world.configure('[main]\ncahce = file:///x\n');
    service.child.kill('SIGHUP');
    await service.says('stdout', /"type":"reload","target":"main","error":"[^"]*did you mean/);
    await world.configure(fileTarget('main', cli.dir), fileTarget('more', cli.dir));
    service.child.kill('SIGHUP');
    await service.says('stdout', /"type":"start","target":"more"/);
    await service.says('stderr', /the new 'listen' counts from the next start on/);
    const later = await cli.runWith(real.env, 'add', third);
    assert.deepEqual([later.code, later.stdout], [0, `main: queued: ${third}\nmore: queued: ${third}\n`]);
    assert.equal((await cli.run('drain', '--timeout', '60s')).code, 0);
    assert.deepEqual(await narinfos('more'), hashes(third));

    assert.equal(await service.end('SIGTERM'), 0);
    const lines = service.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      lines.slice(-2).map(({ type, reason }) => [type, reason]),
      [
        ['stopping', 'SIGTERM'],
        ['stopped', undefined],
      ],
    );
    assert.ok(!(service.stdout + service.stderr).includes('\u001b'), 'no progress without a terminal');
    await assert.rejects(fetch(url));
  });

  it('the first SIGTERM lets an upload end, the second does not', async (t) => {
    const world = await worlds(t);
    if (world === undefined) return;
    const { cli, nix: real } = world;
    const stored = new Map<string, Buffer>();
    let open = Promise.withResolvers<void>();
    let puts = 0;
    const server = createServer(async (request, response) => {
      const key = request.url ?? '';
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      if (request.method === 'PUT') {
        if (key.includes('/nar/')) puts++;
        await open.promise;
        stored.set(key, Buffer.concat(chunks));
        response.end();
        return;
      }
      response.statusCode = stored.has(key) ? 200 : 404;
      response.end(request.method === 'HEAD' ? undefined : stored.get(key));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    const { port } = server.address() as AddressInfo;
    await world.configure(`stop-timeout = 60s\n[main]\ncache = http://127.0.0.1:${port}/c\n`);
    stored.set('/c/nix-cache-info', Buffer.from(`StoreDir: ${real.storeDir}\n`));
    const [first, second] = [await world.path('first'), await world.path('second')];
    const upload = async (path: string): Promise<Running> => {
      const before = puts;
      assert.equal((await cli.runWith(real.env, 'add', path)).code, 0);
      const service = new Running(cli.start(['serve'], real.env));
      for (const end = Date.now() + 60_000; puts === before && Date.now() < end; ) await sleep(20);
      assert.ok(puts > before, service.stdout);
      return service;
    };

    const patient = await upload(first);
    const ended = patient.end('SIGTERM');
    await patient.says('stdout', /"type":"stopping"/);
    await sleep(200);
    assert.equal(patient.child.exitCode, null);
    open.resolve();
    assert.equal(await ended, 0);
    assert.ok(stored.has(`/c/${basename(first).slice(0, 32)}.narinfo`));
    assert.equal((await cli.with((spool) => spool.stats())).queued, 0);

    open = Promise.withResolvers();
    const hasty = await upload(second);
    hasty.child.kill('SIGTERM');
    await hasty.says('stdout', /"type":"stopping"/);
    const began = performance.now();
    assert.equal(await hasty.end('SIGINT'), 0);
    assert.ok(performance.now() - began < 20_000);
    assert.equal((await cli.with((spool) => spool.stats())).queued, 1);
    await cli.with(async (spool) => {
      for await (const { attempts } of spool.list('queued')) assert.equal(attempts, 0);
    });
  });

  it('adds only what is valid, and leaves no root of anything else', async (t) => {
    const world = await worlds(t);
    if (world === undefined) return;
    const { cli, nix: real } = world;
    await world.configure(fileTarget('main', cli.dir));
    const good = await world.path('good');
    const absent = `${real.storeDir}/${'0'.repeat(32)}-absent`;
    const some = await cli.runWith(
      real.env,
      'add',
      '--priority',
      '2',
      absent,
      `${good}/../${basename(good)}`,
    );
    assert.equal(some.code, 1);
    assert.match(some.stderr, /not valid in this store: .*-absent\n$/);
    assert.deepEqual(await readdir(cli.roots()), [basename(good)]);
    assert.equal((await cli.runWith(real.env, 'add', good)).stdout, `main: was there already: ${good}\n`);
    for (const word of ['/etc/passwd', `${real.storeDir}/nonsense`, real.storeDir, 'no-such-link']) {
      const { code, stderr } = await cli.runWith(real.env, 'add', word);
      assert.equal(code, 3, word);
      assert.doesNotMatch(stderr, /^ +at /m);
    }
    await cli.with(async (spool) => {
      for await (const { key, priority } of spool.list('queued'))
        assert.deepEqual([key, priority], [good, 2]);
      assert.equal((await spool.stats()).queued, 1);
    });
  });
});

it('serve writes priorities to the journal, and to nothing else', async (t) => {
  const cli = await CliWorld.create(t);
  for (const journal of [true, false]) {
    const path = join(cli.dir, `log-${journal}`);
    const file = openSync(path, 'w');
    const { dev, ino } = fstatSync(file);
    const service = new Running(
      cli.start(['serve'], { JOURNAL_STREAM: `${dev}:${ino + (journal ? 0 : 1)}` }, file),
    );
    closeSync(file);
    while (!/publishes to|does not answer/.test(await readFile(path, 'utf8'))) await sleep(30);
    assert.equal(await service.end('SIGINT'), 0);
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    assert.equal(lines.at(-1), journal ? '<6>stopped' : 'stopped');
    assert.ok(lines.every((line) => /^<[346]>/.test(line) === journal));
  }
});

it('serve refuses a port that is taken, before it touches the queue', async (t) => {
  const cli = await CliWorld.create(t);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  await cli.configure(`listen = 127.0.0.1:${port}\n[main]\ncache = file://${cli.dir}/c\n`);
  const { code, stdout, stderr } = await outcomeOf(cli.start(['serve']));
  assert.deepEqual([code, stdout], [3, '']);
  assert.match(stderr, /^upload-queue: listen: cannot use 127\.0\.0\.1, port \d+: .*EADDRINUSE.*\n$/);
});

/**
 * The service with real paths of a real Nix, a real cache and a network that comes and goes.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Spool } from 'narkit/node';
import { readConfig } from '../../../examples/post-build-hook/config.ts';
import { openPublisher } from '../../../examples/post-build-hook/publisher.ts';
import type { ServiceEvent } from '../../../examples/post-build-hook/queued/events.ts';
import { addRoot } from '../../../examples/post-build-hook/queued/hook/gc-roots.ts';
import { Service } from '../../../examples/post-build-hook/queued/service/service.ts';
import { NixWorld, nixInstallations } from '../../support/nix.ts';
import { need } from '../../support/require.ts';
import { tempDir } from '../../support/temp.ts';
import { drained, endings, items, of, rootKeys, until } from './service-support.ts';

/** A cache in memory, and the ways in which a network fails. */
class Network {
  readonly objects = new Map<string, Buffer>();
  mode: 'works' | 'hangs' | '503' | 'read-only' = 'works';
  readonly seen = new Set<string>();
  #server = createServer((request, response) => void this.#answer(request, response));
  #port = 0;

  async listen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** What was under way under the last mode ends. */
  become(mode: Network['mode']): void {
    this.mode = mode;
    this.#server.closeAllConnections();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const mode = this.mode;
    this.seen.add(mode);
    if (mode === 'hangs') return;
    const isWrite = method === 'PUT';
    const body = await buffer(request).catch(() => undefined);
    if (body === undefined) return;
    if (mode === '503' || (mode === 'read-only' && isWrite)) {
      response.writeHead(503).end();
      return;
    }
    if (isWrite) this.objects.set(url, body);
    const object = this.objects.get(url);
    response.writeHead(object === undefined ? 404 : isWrite ? 201 : 200);
    response.end(method === 'GET' ? object : undefined);
  }
}

async function realWorld(t: TestContext, cache: string, settings: readonly string[] = []) {
  const [nix] = nixInstallations();
  if (!need(t, 'nix', nix !== undefined, 'Nix') || nix === undefined) return undefined;
  const atEnd = endings(t);
  const dir = await tempDir(t);
  const world = await NixWorld.create(nix, dir);
  const file = join(dir, 'upload-queue.conf');
  const fixed = [`queue-dir = ${dir}/queue`, `gc-roots-dir = ${dir}/var/gcroots/nix-upload`];
  const places = [`store-dir = ${world.storeDir}`, `nix-bin-dir = ${nix.binDir}`];
  const rest = ['allow-unsigned = true', 'compression = none', ...settings, `cache = ${cache}`];
  await writeFile(file, [...fixed, ...places, ...rest, ''].join('\n'));
  const read = await readConfig(file);
  const config = { ...read, queue: { ...read.queue, retryMinMs: 20, retryMaxMs: 200 } };
  const [spoolPath, rootsDir] = [join(dir, 'queue/cache'), join(dir, 'var/gcroots/nix-upload/cache')];
  await mkdir(rootsDir, { recursive: true });
  const spool = await Spool.open(spoolPath, { minFreeBytes: 0 });
  atEnd(() => spool.close());
  const events: ServiceEvent[] = [];
  const start = (): Service => {
    const service = Service.start(config, {
      tell: (event) => events.push(event),
      open: (target, options) => openPublisher(target, { ...options, env: world.env }),
    });
    atEnd(() => service.stop('end of the test', { timeoutMs: 0 }));
    return service;
  };
  /** Adds files to the store. */
  const add = async (names: readonly string[]): Promise<string[]> => {
    const files = names.map((name) => join(dir, name));
    for (const name of files) await writeFile(name, `of ${basename(name)}\n`);
    return (await world.run('nix-store', ['--add', ...files])).trim().split('\n');
  };
  const queue = async (paths: readonly string[]): Promise<void> => {
    await addRoot(rootsDir, ...paths);
    for (const key of paths) await spool.enqueue({ key });
  };
  return { world, dir, spool, rootsDir, events, start, add, queue };
}

const twenty = Array.from({ length: 20 }, (_, i) => `file-${i}`);
const narInfoOf = (path: string): string => `${basename(path).slice(0, 32)}.narinfo`;

test('whatever the network does, every path arrives, and no attempt is counted', async (t) => {
  const network = new Network();
  await network.listen();
  t.after(() => network.close());
  const real = await realWorld(t, network.url, ['max-attempts = 1', 'batch = 6']);
  if (real === undefined) return;
  const { events, start, spool, rootsDir } = real;
  const paths = await real.add(twenty);
  await network.close();
  await real.queue(paths);
  start();
  const downs = (): number => of(events, 'down').length;
  await until('it is refused', () => downs() >= 2);
  const [refused] = of(events, 'down');
  assert.match(refused?.error ?? '', /ECONNREFUSED|refused|connect/i);
  for (const mode of ['503', 'read-only', 'hangs'] as const) {
    network.become(mode);
    if (mode === '503') await network.listen();
    const before = downs();
    await until(`it meets ${mode}`, () => network.seen.has(mode));
    // One that hangs would be waited for; it is cut off when the next mode begins.
    if (mode === 'hangs') await setTimeout(200);
    else await until(`${mode} is told`, () => downs() > before);
  }
  assert.equal(of(events, 'done').length, 0);
  assert.equal((await rootKeys(rootsDir)).length, 20);
  network.become('works');
  await drained(spool);
  await until('all are told', () => of(events, 'done').length === 20);
  for (const path of paths) assert.ok(network.objects.has(`/${narInfoOf(path)}`), path);
  assert.deepEqual(await rootKeys(rootsDir), []);
  assert.deepEqual(await items(spool, 'dead'), []);
  assert.ok(of(events, 'done').every(({ attempts }) => attempts === 1));
  assert.deepEqual(of(events, 'failed'), []);
});

test('paths that cannot be published are given up with the reason, and twenty others arrive', async (t) => {
  const cacheDir = await tempDir(t);
  const real = await realWorld(t, `file://${cacheDir}`, ['max-attempts = 2']);
  if (real === undefined) return;
  const { start, spool, rootsDir, events } = real;
  const paths = await real.add([...twenty, 'changed', 'removed']);
  const [changed = '', removed = ''] = paths.slice(20);
  await chmod(changed, 0o644);
  await writeFile(changed, 'of changed!\n'.slice(0, 11));
  await rm(removed, { force: true });
  await real.queue([changed, ...paths.slice(0, 20), removed]);
  start();
  await drained(spool);
  await until('all are told', () => of(events, 'dead').length === 2 && of(events, 'done').length === 20);
  const inCache = await readdir(cacheDir);
  for (const path of paths.slice(0, 20)) assert.ok(inCache.includes(narInfoOf(path)), path);
  const dead = await items(spool, 'dead');
  assert.deepEqual(dead.map(({ key }) => key).sort(), [changed, removed].sort());
  const reasonOf = (path: string): string => dead.find(({ key }) => key === path)?.reason ?? '';
  assert.match(reasonOf(changed), /gave up after 2 attempts: .*(hash|NarHash|sha256)/i);
  assert.match(reasonOf(removed), /gave up after 2 attempts: .*(no such|not|gone|missing)/i);
  assert.deepEqual((await readdir(rootsDir)).sort(), [basename(changed), basename(removed)].sort());
  assert.ok(!inCache.some((name) => [changed, removed].some((path) => name === narInfoOf(path))));
  t.diagnostic(`${reasonOf(changed)}\n${reasonOf(removed)}`);
  // Put right, and queued again.
  await writeFile(changed, 'of changed\n');
  assert.equal(await spool.redrive(changed), 1);
  await until('it is done', () => of(events, 'done').some(({ key }) => key === changed));
});

test('a path that is gone but is in the cache is done', async (t) => {
  const cacheDir = await tempDir(t);
  const real = await realWorld(t, `file://${cacheDir}`);
  if (real === undefined) return;
  const { start, spool, events, world } = real;
  const [path = ''] = await real.add(['one']);
  await real.queue([path]);
  const service = start();
  await until('it is done', () => of(events, 'done').length === 1);
  await service.stop('collect');
  await world.run('nix-store', ['--delete', path]);
  await spool.enqueue({ key: path });
  start();
  await until('it is done again', () => of(events, 'done').length === 2);
  assert.deepEqual(of(events, 'failed'), []);
});

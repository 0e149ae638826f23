/** Targets that are down, refuse or hang; and paths that are at fault themselves. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createHandler } from 'narkit/handler';
import { MemoryStore } from 'narkit/store';
import { parseStorePath } from 'narkit/store-path';
import { readConfig } from '../../examples/post-build-hook/config.ts';
import {
  type Built,
  isTargetDown,
  openPublisher,
  type Published,
  type TargetPublisher,
} from '../../examples/post-build-hook/publisher.ts';
import { watched } from '../../examples/post-build-hook/watchdog.ts';
import { NixWorld, nixInstallations } from '../support/nix.ts';
import { listen } from '../support/serve.ts';
import { tempDir } from '../support/temp.ts';

type Context = { after(work: () => void): void };

/** A server that may leave requests unanswered; returns its URL. */
async function serve(t: Context, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The URL of a port that was just given up. */
async function nobody(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

const nix = nixInstallations().at(-1);
let world: NixWorld;
let built: Built;

async function open(t: Context, url: string, settings = 'allow-unsigned = true\n'): Promise<TargetPublisher> {
  const file = join(await tempDir(t), 'hook.conf');
  await writeFile(file, `cache = ${url}\n${settings}`);
  const { storeDir, env } = world;
  const [target = assert.fail()] = (await readConfig(file)).targets;
  const publisher = await openPublisher(target, { storeDir, nixBinDir: world.nix.binDir, env });
  t.after(() => publisher[Symbol.asyncDispose]());
  return publisher;
}

async function publish(t: Context, url: string, settings?: string, path = built): Promise<Published> {
  return await (await open(t, url, settings)).publish([path]);
}

/** Builds `text` into a path of that name, which nobody signed. */
async function build(name: string, text: string): Promise<Built> {
  const expression = `derivation { name = "${name}"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo ${text} > $out" ]; }`;
  const path = (await world.run('nix-build', ['--no-out-link', '-E', expression])).trim();
  return { path: parseStorePath(path, { storeDir: world.storeDir }), drvPath: undefined };
}

describe('a target', { concurrency: true, skip: nix === undefined && 'no Nix' }, () => {
  const dir = tempDir({ after });
  before(async () => {
    assert.ok(nix);
    process.env['AWS_ACCESS_KEY_ID'] = 'somebody';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'hunter2';
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
    world = await NixWorld.create(nix, await dir);
    built = await build('some', 'text');
  });

  const store = (): ReturnType<typeof createHandler> => createHandler(new MemoryStore(), { write: true });
  /** A cache where everything but what `spoil` answers works. */
  const spoilt = async (t: Context, spoil: (request: Request) => Response | undefined): Promise<string> => {
    const handler = store();
    return await listen(t as never, async (request) => spoil(request) ?? (await handler(request)));
  };
  const s3 = (endpoint: string): string => `s3://bucket?region=r&endpoint=${encodeURIComponent(endpoint)}`;

  const down: Record<string, (t: Context) => Promise<string>> = {
    'that nobody listens at': nobody,
    'in S3 that nobody listens at': nobody,
    'of a name that no name server knows': async () => 'http://cache.invalid',
    'that answers 503': (t) => listen(t as never, async () => new Response('', { status: 503 })),
    'that answers 500 to uploads': (t) =>
      spoilt(t, ({ method, url }) =>
        method === 'PUT' && url.includes('/nar/') ? new Response('', { status: 500 }) : undefined,
      ),
    'that wants a password': (t) =>
      spoilt(t, ({ method }) => (method === 'PUT' ? new Response('', { status: 401 }) : undefined)),
    'that takes no uploads': (t) =>
      listen(t as never, createHandler(new MemoryStore(), { cacheInfo: `StoreDir: ${world.storeDir}\n` })),
    'in S3 that does not know the key': (t) =>
      listen(t as never, async () => {
        const body = '<Error><Code>InvalidAccessKeyId</Code><Message>no</Message></Error>';
        return new Response(body, { status: 403, headers: { 'content-type': 'application/xml' } });
      }),
    'in a bucket that is not there': (t) =>
      listen(t as never, async () => {
        const body = '<Error><Code>NoSuchBucket</Code><Message>no</Message></Error>';
        return new Response(body, { status: 404, headers: { 'content-type': 'application/xml' } });
      }),
    'for another store directory': (t) =>
      listen(t as never, async () => new Response('StoreDir: /somewhere/else\n')),
    'that is a file': async (t) => {
      const file = join(await tempDir(t), 'file');
      await writeFile(file, '');
      return `file://${file}`;
    },
    'that takes the connection and says nothing': (t) => serve(t, () => {}),
    'in S3 that says nothing': async (t) => await serve(t, () => {}),
    'that stops answering in the middle': async (t) => {
      const handler = store();
      let stuck = false;
      return await listen(t as never, async (request) => {
        stuck ||= request.method === 'PUT' && request.url.includes('/nar/');
        return stuck ? await new Promise<Response>(() => {}) : await handler(request);
      });
    },
  };
  for (const [what, start] of Object.entries(down)) {
    it(`${what} is down, and that shows soon`, async (t) => {
      const url = await start(t);
      const started = performance.now();
      await assert.rejects(
        publish(t, what.startsWith('in ') && url.startsWith('http') ? s3(url) : url),
        (error) => {
          assert.ok(isTargetDown(error), String((error as Error).stack));
          assert.ok(!String(error).includes('hunter2'));
          return true;
        },
      );
      assert.ok(performance.now() - started < 25_000, `${performance.now() - started} ms`);
    });
  }

  it('that may only be read is not up because it answers', async (t) => {
    let denied = true;
    const url = await spoilt(t, ({ method }) =>
      denied && method === 'PUT' ? new Response('', { status: 403 }) : undefined,
    );
    const publisher = await open(t, url);
    await publisher.probe();
    await assert.rejects(publisher.publish([built]), isTargetDown);
    await assert.rejects(publisher.probe(), { code: 'ERR_STORE_DENIED' });
    denied = false;
    await publisher.probe();
    assert.equal((await publisher.publish([built])).receipts.length, 1);
  });

  it('is not to blame for a path that nobody signed', async (t) => {
    await assert.rejects(publish(t, `file://${await tempDir(t)}`, ''), (error) => {
      assert.equal((error as { code?: string }).code, 'ERR_UNSIGNED');
      return !isTargetDown(error);
    });
  });

  it('is not to blame for content that is not what it should be', async (t) => {
    const changed = await build('changed', 'before');
    const file = join(world.storeDir, changed.path);
    await chmod(file, 0o644);
    await writeFile(file, 'after!\n');
    await assert.rejects(publish(t, `file://${await tempDir(t)}`, undefined, changed), (error) => {
      assert.equal((error as { code?: string }).code, 'ERR_HASH_MISMATCH');
      return !isTargetDown(error);
    });
  });

  it('is not to blame for a path that it finds too large', async (t) => {
    const url = await spoilt(t, ({ method, url }) =>
      method === 'PUT' && url.includes('/nar/') ? new Response('', { status: 413 }) : undefined,
    );
    await assert.rejects(publish(t, url), (error) => !isTargetDown(error));
  });

  it('nor for what is no error of a store', () => {
    for (const error of [
      undefined,
      new Error('x'),
      new TypeError('fetch failed'),
      AbortSignal.abort().reason,
    ])
      assert.equal(isTargetDown(error), false);
  });

  /** Runs the hook; the flags come before the file. */
  const hook = async (
    t: Context,
    conf: string,
    ...flags: string[]
  ): Promise<{ code: unknown; stderr: string; ms: number }> => {
    const file = join(await tempDir(t), 'hook.conf');
    await writeFile(file, `allow-unsigned = true\n${conf}`);
    const program = join(import.meta.dirname, '../../examples/post-build-hook/upload-to-cache.ts');
    const args = ['--conditions=@narkit/source', program, '--config', file, ...flags];
    const env = { ...world.env, OUT_PATHS: join(world.storeDir, built.path), DRV_PATH: '' };
    const started = performance.now();
    return await new Promise((resolve) => {
      execFile(process.execPath, args, { env }, (error, _, stderr) =>
        resolve({ code: error?.code ?? 0, stderr, ms: performance.now() - started }),
      );
    });
  };

  it('that hangs holds up the hook no longer than its timeout', async (t) => {
    const url = await serve(t, () => {});
    const { code, stderr, ms } = await hook(t, `cache = ${url}\ntimeout = 1\n`);
    assert.equal(stderr, 'upload-to-cache: not done within 1 s, given up\n');
    assert.equal(code, 1);
    assert.ok(ms < 9000, `${ms} ms`);
    const ignored = await hook(t, `cache = ${url}\ntimeout = 1\n`, '--on-error', 'ignore');
    assert.equal(ignored.stderr, stderr);
    assert.equal(ignored.code, 0);
  });

  it('that is down does not keep the others from the path, and the hook fails', async (t) => {
    const dir = await tempDir(t);
    const conf = `[bad]\ncache = ${await nobody()}\n[good]\ncache = file://${dir}\n`;
    const { code, stderr } = await hook(t, conf);
    assert.equal(code, 1);
    assert.match(stderr, /^good: uploaded .*-some \(.*\)$/m);
    assert.match(stderr, /^good: 1 published to file:.*, 0 already there, \d+\.\d s$/m);
    assert.match(stderr, /^upload-to-cache: bad: .*ECONNREFUSED.*$/m);
    assert.equal(stderr.trim().split('\n').length, 3, stderr);
    assert.equal((await readdir(dir)).filter((name) => name.endsWith('.narinfo')).length, 1);
    assert.equal((await hook(t, conf, '--on-error', 'ignore')).code, 0);
    assert.equal(
      (await hook(t, 'on-error = ignore\nwibble = 1\n')).code,
      1,
      'a bad configuration is no bad luck',
    );
  });
});

describe('the watchdog', () => {
  const never = new Promise<never>(() => {});
  const untilAborted = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

  it('leaves alone what moves, and what answers although nothing moves', async () => {
    let probes = 0;
    const watch = { quietMs: 40, signal: undefined, probe: async () => void probes++ };
    const moving = async (_: AbortSignal, alive: () => void): Promise<string> => {
      for (let i = 0; i < 20; i++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        alive();
      }
      return 'done';
    };
    assert.equal(await watched({ ...watch, quietMs: 2000 }, moving), 'done');
    assert.equal(probes, 0);
    const still = (): Promise<string> => new Promise((resolve) => setTimeout(resolve, 200, 'slow'));
    assert.equal(await watched(watch, still), 'slow');
    assert.ok(probes > 0);
  });

  it('ends what neither moves nor answers, with the reason of the probe', async () => {
    const reason = new Error('no answer');
    const watch = { quietMs: 40, signal: undefined, probe: async () => Promise.reject(reason) };
    await assert.rejects(watched(watch, untilAborted), reason);
  });

  it('does not take a failed probe for the end of what moved meanwhile', async () => {
    const probe = (): Promise<void> =>
      new Promise((_, reject) => setTimeout(reject, 60, new Error('unlucky')));
    const work = async (signal: AbortSignal, alive: () => void): Promise<boolean> => {
      await new Promise((resolve) => setTimeout(resolve, 80));
      alive();
      await new Promise((resolve) => setTimeout(resolve, 50));
      return signal.aborted;
    };
    assert.equal(await watched({ quietMs: 60, signal: undefined, probe }, work), false);
  });

  it('hands on the abort of its caller, to the probe as well', async () => {
    const controller = new AbortController();
    let told: AbortSignal | undefined;
    const probe = async (signal: AbortSignal): Promise<void> => {
      told = signal;
      await never;
    };
    const work = watched({ quietMs: 20, signal: controller.signal, probe }, untilAborted);
    setTimeout(() => controller.abort(new Error('enough')), 100);
    await assert.rejects(work, /enough/);
    assert.ok(told?.aborted);
  });
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { CreateBucketCommand, DeleteBucketCommand } from '@aws-sdk/client-s3';
import { FileStore } from '../../src/node/file-store.ts';
import { openCache } from '../../src/node/open-cache.ts';
import { openStore } from '../../src/node/open-store.ts';
import { createS3Client } from '../../src/s3/client.ts';
import { S3Store } from '../../src/s3/s3-store.ts';
import { HttpStore } from '../../src/store/http.ts';
import { startCeph } from '../services/ceph.ts';
import { need } from '../support/require.ts';

async function temporary(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'narkit-open-store-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Sets environment variables for the time of a test. */
function environment(t: TestContext, values: Record<string, string | undefined>): void {
  const before = { ...process.env };
  t.after(() => {
    process.env = before;
  });
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** A server that notes method, URL and authorization, and answers `status`. */
async function listener(t: TestContext, status: number) {
  const seen: { method: string | undefined; url: string | undefined; auth: string | undefined }[] = [];
  const server = createServer(({ method, url, headers }, response) => {
    seen.push({ method, url, auth: headers.authorization });
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const NO_CREDENTIALS = {
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_SESSION_TOKEN: undefined,
  AWS_PROFILE: undefined,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
};

test('file', async (t) => {
  const directory = join(await temporary(t), 'a b+c');
  const store = await openStore(`file://${directory.replace(' ', '%20')}?compression=none`);
  assert.ok(store instanceof FileStore);
  await store.put('nix-cache-info', new TextEncoder().encode('StoreDir: /nix/store\n'));
  assert.equal(await readFile(join(directory, 'nix-cache-info'), 'utf8'), 'StoreDir: /nix/store\n');
});

test('http: credentials reach the server and no message', async (t) => {
  const { seen, host } = await listener(t, 500);
  const store = await openStore(`http://me:p%40ss@${host}/base/?retry-attempts=2&retry-delay=1`);
  assert.ok(store instanceof HttpStore);
  assert.ok(!store.name.includes('p%40ss'));
  await assert.rejects(store.head('x'), (err: Error) => !err.message.includes('ss@'));
  const auth = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
  assert.deepEqual(seen, Array(2).fill({ method: 'HEAD', url: '/base/x', auth }), 'tried twice');
});

test('http: fetch and headers are passed on', async () => {
  const urls: string[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    urls.push(`${request.url} ${request.headers.get('x-token')}`);
    return new Response('ok');
  };
  const store = await openStore('https://cache.example.org', { fetch, headers: { 'x-token': 'y' } });
  assert.equal(await new Response((await store.get('k'))?.body).text(), 'ok');
  assert.deepEqual(urls, ['https://cache.example.org/k y']);
});

test('openCache: the options of the store reach it', async (t) => {
  const { seen, host } = await listener(t, 404);
  const netrcFile = join(await temporary(t), 'netrc');
  await writeFile(netrcFile, 'machine 127.0.0.1 login me password secret\n');
  const headers: string[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    headers.push(request.headers.get('x-token') ?? '');
    return await globalThis.fetch(request);
  };
  const { cache } = await openCache(`http://${host}`, { netrcFile, fetch, headers: { 'x-token': 'y' } });
  assert.equal(await cache.cacheInfo(), undefined);
  const auth = `Basic ${Buffer.from('me:secret').toString('base64')}`;
  assert.deepEqual(seen, [{ method: 'GET', url: '/nix-cache-info', auth }]);
  assert.deepEqual(headers, ['y']);
  await assert.rejects(
    openCache(`http://${host}`, { netrc: 'x' } as never),
    /^TypeError: openCache: .*netrc/,
  );
});

test('openCache: priority and want-mass-query of the URL count', async (t) => {
  const directory = await temporary(t);
  await writeFile(
    join(directory, 'nix-cache-info'),
    'StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 40\n',
  );
  const info = async (query: string): Promise<unknown> =>
    await (await openCache(`file://${directory}${query}`)).cache.cacheInfo();
  const said = { storeDir: '/nix/store', wantMassQuery: true, priority: 40 };
  assert.deepEqual(await info(''), said);
  assert.deepEqual(await info('?priority=10'), { ...said, priority: 10 });
  assert.deepEqual(await info('?want-mass-query=false'), { ...said, wantMassQuery: false });
});

test('s3: without credentials requests go out unsigned, path style at an endpoint', async (t) => {
  environment(t, NO_CREDENTIALS);
  const { seen, host } = await listener(t, 404);
  const store = await openStore(`s3://bucket/pre?endpoint=${host}&scheme=http`);
  assert.ok(store instanceof S3Store);
  await assert.rejects(store.head('x'), { code: 'ERR_MISSING_CONTAINER' });
  assert.deepEqual(seen, [
    { method: 'HEAD', url: '/bucket/pre/x', auth: undefined },
    { method: 'HEAD', url: '/bucket/', auth: undefined },
  ]);
});

test('s3: a profile that does not exist is an error, not an anonymous visit', async (t) => {
  environment(t, NO_CREDENTIALS);
  const { seen, host } = await listener(t, 404);
  const store = await openStore(`s3://bucket?endpoint=http://${host}&profile=nobody`);
  await assert.rejects(store.head('x'), { code: 'ERR_STORE_DENIED' });
  assert.deepEqual(seen, []);
});

test('s3: profile, region and parts, against a server', async (t) => {
  const ceph = await startCeph();
  if (!need(t, 's3', ceph !== undefined, 'an S3 server')) return;
  assert.ok(ceph);
  t.after(() => ceph.stop());
  const { endpoint, accessKeyId, secretAccessKey } = ceph;
  const client = createS3Client({ endpoint, credentials: { accessKeyId, secretAccessKey } });
  t.after(() => client.destroy());
  const bucket = `narkit-open-${process.pid}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));

  const file = join(await temporary(t), 'credentials');
  await writeFile(
    file,
    `[ci]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
  );
  environment(t, { ...NO_CREDENTIALS, AWS_SHARED_CREDENTIALS_FILE: file });
  const url = `s3://${bucket}?endpoint=${endpoint}&region=eu-central-1&profile=ci&multipart-chunk-size=5M`;
  const store = await openStore(url);
  await store.put('k', new Uint8Array(6 * 2 ** 20));
  assert.match((await store.head('k'))?.etag ?? '', /-2"$/, 'two parts of 5 MiB');
  await store.delete('k');
  await client.send(new DeleteBucketCommand({ Bucket: bucket }));
});

test('s3 without the SDK: says what to install', async (t) => {
  const directory = await temporary(t);
  // Resolves everything as usual, except that the package is not there.
  const hook = join(directory, 'hook.mjs');
  await writeFile(
    hook,
    `import { registerHooks } from 'node:module';
     registerHooks({ resolve(specifier, context, next) {
       if (specifier !== '@aws-sdk/client-s3') return next(specifier, context);
       return next('@aws-sdk/client-s3-is-not-here', context);
     } });`,
  );
  const module = new URL('../../src/node/open-store.ts', import.meta.url).href;
  const code = `import { openStore } from ${JSON.stringify(module)};
    await openStore('file:///tmp');
    await openStore('s3://bucket').catch((err) => console.log(err.code, err.feature, err.message));`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@narkit/source',
    `--import=${hook}`,
    '--input-type=module',
    `--eval=${code}`,
  ]);
  assert.match(stdout, /^ERR_UNSUPPORTED store s3 .*npm install @aws-sdk\/client-s3/);
});

test('bad URLs and options reject', async () => {
  await assert.rejects(openStore('s3://bucket?reigon=x'), { code: 'ERR_PARSE_STORE_URL' });
  await assert.rejects(openStore('file:///x', { header: {} } as never), /did you mean 'headers'/);
});

test('how often and how long: options, unless the URL says it', async (t) => {
  const { seen, host } = await listener(t, 503);
  const options = { attempts: 2, timeoutMs: 5000, stallTimeoutMs: 5000 };
  const quick = 'retry-delay=1&retry-max-delay=1';
  await assert.rejects((await openStore(`http://${host}?${quick}`, options)).head('a'), { status: 503 });
  assert.equal(seen.length, 2);
  await assert.rejects((await openStore(`http://${host}?${quick}&retry-attempts=3`, options)).head('a'));
  assert.equal(seen.length, 5);
  environment(t, { ...NO_CREDENTIALS, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' });
  const bucket = `s3://bucket?endpoint=${encodeURIComponent(`http://${host}`)}`;
  await assert.rejects((await openStore(bucket, options)).head('a'), { code: 'ERR_STORE_UNAVAILABLE' });
  assert.equal(seen.length, 7);
  await assert.rejects(openStore(bucket, { atempts: 1 } as object), /did you mean 'attempts'/);
});

test('nothing that comes is waited for no longer than told', async (t) => {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  environment(t, { ...NO_CREDENTIALS, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' });
  const options = { attempts: 1, timeoutMs: 200, stallTimeoutMs: 200 };
  for (const url of [host, `s3://bucket?endpoint=${encodeURIComponent(host)}`]) {
    const store = await openStore(url, options);
    const started = performance.now();
    await assert.rejects(store.head('a'), { code: 'ERR_STORE_UNAVAILABLE' });
    await assert.rejects(store.put('a', new Uint8Array(3)), { code: 'ERR_STORE_UNAVAILABLE' });
    assert.ok(performance.now() - started < 10_000);
  }
});

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SpoolStats } from 'narkit/node';
import { fresh } from '../../../examples/post-build-hook/queued/fresh.ts';
import { type Health, healthOf } from '../../../examples/post-build-hook/queued/health.ts';
import { type HttpSources, serveHttp } from '../../../examples/post-build-hook/queued/http.ts';
import type { TargetState } from '../../../examples/post-build-hook/queued/service/target.ts';

const NONE: SpoolStats = {
  queued: 0,
  delayed: 0,
  claimed: 0,
  dead: 0,
  corrupt: 0,
  dropped: 0,
  oldest: undefined,
};
const AT = new Date();

function sources(health: Health | Error): HttpSources {
  return {
    metrics: { contentType: 'text/plain; version=0.0.4', text: async () => 'up 1\n' },
    health: async () => {
      if (health instanceof Error) throw health;
      return health;
    },
  };
}

async function serve(t: TestContext, health: Health | Error): Promise<string> {
  const http = await serveHttp(sources(health), { host: '127.0.0.1', port: 0 });
  t.after(() => http.close());
  return http.url;
}

const WELL: Health = { status: 'ok', reasons: [], stopping: false, targets: [] };

describe('the service over HTTP', () => {
  it('has metrics, health and status, and nothing else', async (t) => {
    const url = await serve(t, WELL);
    const metrics = await fetch(`${url}/metrics?x=1`);
    assert.equal(metrics.headers.get('content-type'), 'text/plain; version=0.0.4');
    assert.equal(await metrics.text(), 'up 1\n');
    const health = await fetch(`${url}/healthz`);
    assert.equal(health.status, 200);
    assert.equal(health.headers.get('cache-control'), 'no-store');
    assert.deepEqual(await health.json(), { status: 'ok', reasons: [] });
    assert.deepEqual(await (await fetch(`${url}/status`)).json(), WELL);
    assert.equal((await fetch(`${url}/`)).status, 404);
    assert.equal((await fetch(`${url}//metrics`)).status, 404);
    const head = await fetch(`${url}/metrics`, { method: 'HEAD' });
    assert.equal(head.headers.get('content-length'), '5');
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const response = await fetch(`${url}/metrics`, { method });
      assert.equal(response.status, 405);
      assert.equal(response.headers.get('allow'), 'GET, HEAD');
    }
  });

  it('is 503 only where somebody has to act', async (t) => {
    for (const [status, code] of [
      ['ok', 200],
      ['degraded', 200],
      ['unhealthy', 503],
    ] as const) {
      const response = await fetch(`${await serve(t, { ...WELL, status, reasons: ['r'] })}/healthz`);
      assert.equal(response.status, code);
      assert.deepEqual(await response.json(), { status, reasons: ['r'] });
    }
  });

  it('survives an error, and does not tell passwords of it', async (t) => {
    const url = await serve(t, new Error('at https://me:hunter2@x'));
    const response = await fetch(`${url}/status`);
    assert.equal(response.status, 500);
    assert.equal(await response.text(), 'at https://***@x\n');
    assert.equal((await fetch(`${url}/metrics`)).status, 200);
  });

  it('refuses addresses that others can reach, unless told otherwise', async (t) => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', '::ffff:192.0.2.1', '2001:db8::1']) {
      // One that listens all the same must not keep the tests from ending.
      const listening = serveHttp(sources(WELL), { host, port: 0 }).then((http) => http.close());
      await assert.rejects(listening, /reachable from other machines/, host);
    }
    const http = await serveHttp(sources(WELL), { host: '0.0.0.0', port: 0, anyAddress: true });
    t.after(() => http.close());
    assert.equal((await fetch(http.url)).status, 404);
  });

  it('says which address is taken', async (t) => {
    const port = Number(new URL(await serve(t, WELL)).port);
    const text = new RegExp(`cannot use 127\\.0\\.0\\.1, port ${port}`);
    await assert.rejects(serveHttp(sources(WELL), { host: '127.0.0.1', port }), text);
  });

  it('closes with a question half asked', async (t) => {
    const http = await serveHttp(sources(WELL), { host: '127.0.0.1', port: 0 });
    const socket = connect(Number(new URL(http.url).port), '127.0.0.1');
    t.after(() => socket.destroy());
    await new Promise<void>((resolve) => socket.write('GET /metr', () => resolve()));
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {});
    await http.close();
    await ended;
  });
});

describe('the health of the service', () => {
  const target = (name: string, rest: Partial<TargetState> = {}): TargetState => ({
    name,
    cache: 'c',
    up: true,
    since: AT,
    error: undefined,
    retryAt: undefined,
    lastSuccess: undefined,
    inFlight: [],
    queue: NONE,
    ...rest,
  });
  const of = (...targets: TargetState[]): Health => healthOf({ stopping: false, targets });

  it('is degraded while a target does not answer, with the reason and without passwords', () => {
    const health = of(target('a'), target('b', { up: false, error: 'no route to https://me:hunter2@x' }));
    assert.equal(health.status, 'degraded');
    assert.deepEqual(health.reasons, ['b: does not answer: no route to https://***@x']);
    assert.doesNotMatch(JSON.stringify(health), /hunter2/);
    assert.deepEqual(of(target('a')), { status: 'ok', reasons: [], stopping: false, targets: [target('a')] });
  });

  it('is bad with a queue that cannot be read, but not while it is being opened', () => {
    const health = of(target('a', { up: false, error: 'e' }), target('b', { queue: undefined }));
    assert.equal(health.status, 'unhealthy');
    assert.deepEqual(health.reasons, ['b: its queue cannot be read', 'a: does not answer: e']);
    const opening = { cache: undefined, queue: undefined, up: undefined };
    assert.equal(of(target('a', opening)).status, 'ok');
    assert.equal(of(target('a', { ...opening, up: false, error: 'no rights' })).status, 'unhealthy');
  });
});

it('who asks at about the same time gets the same answer, but no old failure', async () => {
  let looks = 0;
  const ask = fresh(async () => {
    if (++looks === 2) throw new Error('no');
    return looks;
  }, 30);
  assert.deepEqual(await Promise.all([ask(), ask(), ask()]), [1, 1, 1]);
  await sleep(60);
  await assert.rejects(ask(), /no/);
  assert.equal(await ask(), 3);
});

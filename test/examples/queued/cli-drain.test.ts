import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '../../../examples/post-build-hook/config.ts';
import type { Context } from '../../../examples/post-build-hook/queued/commands/context.ts';
import { drain, wait } from '../../../examples/post-build-hook/queued/commands/wait.ts';
import { CliWorld } from './cli-world.ts';

interface Drained {
  readonly world: CliWorld;
  readonly context: Context;
  readonly said: string[];
}

async function setUp(t: TestContext, extra = ''): Promise<Drained> {
  const world = await CliWorld.create(t);
  await world.configure(`${extra}[main]\ncache = file:///c\n`);
  const said: string[] = [];
  const config = await readConfig(world.conf);
  const context = {
    config,
    configFile: world.conf,
    out: (text: string) => said.push(text),
    err: (line: string) => said.push(line),
  };
  return { world, context, said };
}

const PACE = { pollMs: 10, stallMs: 200 };

describe('upload-queue drain', () => {
  it('says so when nothing moves, and goes on', async (t) => {
    const { world, context, said } = await setUp(t, 'listen = 127.0.0.1:1\n');
    await world.enqueue({ key: 'a' }, { key: 'b' });
    const exit = drain(context, {}, PACE);
    await world.with(async (spool) => {
      const claims = await spool.claim(2);
      while (said.length === 0) await sleep(20);
      for (const claim of claims) await claim.ack();
    });
    assert.equal(await exit, 0);
    assert.match(
      said[0] ?? '',
      /^nothing has moved for 0 s: still waiting: 2 entries \(in all: 2 claimed\); the service: no answer at http:\/\/127\.0\.0\.1:1\/status/,
    );
  });

  it('waits for the rest when a path is given up, and is 1 then', async (t) => {
    const { world, context, said } = await setUp(t);
    await world.settle({ key: 'bad' }, (claim) => claim.dead('no'));
    await world.enqueue({ key: 'a' });
    let ended = false;
    const exit = drain(context, {}, { pollMs: 10 }).finally(() => {
      ended = true;
    });
    await sleep(150);
    assert.equal(ended, false);
    await world.with(async (spool) => {
      for (const claim of await spool.claim()) await claim.ack();
    });
    assert.equal(await exit, 1);
    assert.deepEqual(said, ['main: given up: bad: no']);
  });

  it('has a time of its own', async (t) => {
    const { world, context, said } = await setUp(t);
    await world.enqueue({ key: 'a' });
    assert.equal(await drain(context, { timeout: 50 }, PACE), 2);
    assert.equal(said.length, 1);
    assert.equal(await drain(context, { timeout: 0 }, PACE), 2);
  });

  it('an entry that is moved about all the time is never missed', async (t) => {
    const { world, context } = await setUp(t);
    await world.enqueue({ key: 'a', tags: ['ci'] });
    let ended = false;
    const exit = wait(context, { tag: 'ci' }, { pollMs: 1 }).finally(() => {
      ended = true;
    });
    await world.with(async (spool) => {
      const until = Date.now() + 1000;
      while (Date.now() < until) {
        for (const claim of await spool.claim()) await claim.retry({ at: new Date(Date.now() + 2) });
        assert.equal(ended, false);
      }
      for (const claim of await spool.next()) await claim.ack();
    });
    assert.equal(await exit, 0);
  });
});
